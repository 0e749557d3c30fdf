"""Choose the check files of a run: those that define the wanted tests, and those that these import."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

DEFINED = re.compile(r"^\s*def (test_\w+)", re.MULTILINE)
IMPORTED = re.compile(r"^\s*(?:from|import) (test_\w+)", re.MULTILINE)


def files_defining(checks: Path, wanted: Collection[str] | None = None) -> list[Path]:
    """The `test_*.py` files of the folder `checks` that define these tests, in order. None: all of them.

    All of them also if no file defines one of the tests in plain sight: a file may make it in another way.
    Costs the reading of every file.
    """
    files = {path.stem: path for path in sorted(checks.glob("test_*.py"))}
    if wanted is None:
        return list(files.values())
    texts = {stem: path.read_text(encoding="utf-8", errors="replace") for stem, path in files.items()}
    defined = {stem: set(DEFINED.findall(text)) for stem, text in texts.items()}
    if set(wanted) - set().union(*defined.values()):
        return list(files.values())
    chosen: set[str] = set()
    todo = [stem for stem, names in defined.items() if not names.isdisjoint(wanted)]
    while todo:
        stem = todo.pop()
        if stem in files and stem not in chosen:
            chosen.add(stem)
            todo += IMPORTED.findall(texts[stem])
    return [path for stem, path in files.items() if stem in chosen]

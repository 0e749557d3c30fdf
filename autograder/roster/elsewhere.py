"""Find work that is not where the grader expects it: in another folder, under another name, in a notebook.

The search runs only if a file of the unit is missing. It changes no points: the instructor decides (decisions.py).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from autograder.core.manifest import Manifest
from autograder.core.safe_open import read_regular
from autograder.core.units import Unit
from autograder.judge.submission import MAX_BYTES
from autograder.roster.committed import blob_id
from autograder.roster.git import GitError

MOST_FILES, MOST_READ, MOST_TOLD = 20_000, 200, 6
NOTEBOOK_BYTES = 8 << 20
SKIPPED = {".git", ".venv", "venv", "__pycache__", "node_modules", "site-packages", ".ipynb_checkpoints"}
OURS = {"reference", "autograder", "slides", "datasets", ".github", "build"}  # of a student tree
ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar")
LFS = b"version https://git-lfs.github.com/spec/"
COPY = re.compile(r"[\s_.-]*(\(\d+\)|copy|final|new|v?\d+)$", re.IGNORECASE)
DESK = re.compile(r"work/(\d\d_\w+)/")


@dataclass(frozen=True)
class Found:
    """A file or folder of a submission. kind: file, link, or submodule."""

    path: str  # with slashes, from the top of the submission
    size: int
    read: Callable[[], bytes]  # raises OSError, or GitError
    kind: str = "file"


@dataclass(frozen=True)
class FoundWork:
    """Work in an unexpected place: a sentence, and the file that can be graded as `module`, if it is one."""

    text: str
    module: str = ""
    file: Found | None = None
    rank: int = 0  # the smaller, the surer


def search(
    files: Iterable[Found], unit: Unit, manifest: Manifest, missing: set[str], starters: set[str]
) -> list[FoundWork]:
    """The places of work for the missing modules, the surest first. starters: blob ids of files as handed out."""
    functions = {name: task.module for task in manifest.tasks for name in (task.function, *task.asked)}
    functions = {name: module for name, module in functions.items() if "." not in name}
    wanted = {name: module for name, module in functions.items() if module in missing}
    handed_out = defined(unit.lab.read_bytes(), functions) if unit.lab.is_file() else set()
    found: list[FoundWork] = []
    reads = 0
    for file in files:
        place = odd_thing(file, unit)
        if place is not None:
            found.append(place)
            continue
        near = next((module for module in missing if is_near(PurePosixPath(file.path).name, module)), "")
        suffix = PurePosixPath(file.path).suffix.casefold()
        notebook = suffix == ".ipynb"
        if not (near or suffix in {".py", ".ipynb", ".txt"}) or reads >= MOST_READ:
            continue
        if file.size > (NOTEBOOK_BYTES if notebook else MAX_BYTES):
            continue
        reads += 1
        try:
            data = file.read()
        except (OSError, ValueError, GitError):
            continue
        if data.startswith(LFS) and near:
            found.append(FoundWork(f"{file.path} (a pointer of Git LFS, without the content)", rank=3))
            continue
        if is_hollow(data, starters):
            continue
        names = defined(data, wanted) - (handed_out if notebook else set())
        found += [] if not (near or names) else [judge(file, unit, near, names, wanted, notebook=notebook)]
    found = [place for place in found if place.text]
    return sorted(found, key=lambda place: (place.rank, place.text.count("/"), place.text))


def judge(
    file: Found, unit: Unit, near: str, names: set[str], wanted: dict[str, str], *, notebook: bool
) -> FoundWork:
    """The place of one file that has the name of a module, or defines functions of tasks."""
    functions = ", ".join(sorted(names)[:3])
    desk = DESK.match(file.path)
    other = desk is not None and desk[1] != unit.slug
    if notebook:
        return FoundWork(f"{file.path} (a notebook with {functions})" if names else "", rank=3)
    if other and not names:
        return FoundWork("")  # a module of that unit with the same name
    exact = PurePosixPath(file.path).name == near
    if near:
        return FoundWork(
            file.path if exact else f"{file.path} (a name like {near})", near, file, 0 if exact else 1
        )
    modules = {wanted[name] for name in names}
    module = modules.pop() if len(modules) == 1 else ""
    return FoundWork(f"{file.path} (defines {functions})", module, file if module else None, 2)


def odd_thing(file: Found, unit: Unit) -> FoundWork | None:
    """A link or a submodule in place of the desk, or an archive."""
    desk = f"work/{unit.slug}"
    if file.kind != "file":
        return FoundWork(f"{file.path} (a {file.kind}: its files are elsewhere)", rank=4) if file.path in (
            "work", desk
        ) or file.kind == "submodule" else FoundWork("")  # fmt: skip
    if file.path.casefold().endswith(ARCHIVES):
        return FoundWork(f"{file.path} (an archive)", rank=4)
    return None


def is_hollow(data: bytes, starters: set[str]) -> bool:
    """True for a file without work: blank, a pointer of Git LFS, or as it was handed out."""
    return not data.strip() or data.startswith(LFS) or blob_id(data.replace(b"\r\n", b"\n")) in starters


def is_near(name: str, module: str) -> bool:
    """True for the module's name, also in another case, with blanks, with .txt behind it, or as a browser's copy."""
    plain = name.casefold().strip().removesuffix(".txt")
    stem, dot, suffix = plain.rpartition(".")
    return (
        f"{COPY.sub('', stem).strip()}{dot}{suffix.strip()}" == module.casefold()
        or plain == module.casefold()
    )


def defined(data: bytes, names: Iterable[str]) -> set[str]:
    """Those of the functions that a source or a notebook defines."""
    text = data.decode(errors="replace")
    return {name for name in names if pattern(name).search(text)}


@lru_cache(maxsize=512)
def pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"\bdef\s+{re.escape(name)}\s*\(")


def may_hold_work(path: str, unit: Unit) -> bool:
    """False for the folders of the course itself, but for the starters of this unit, which students may edit."""
    top, _, rest = path.partition("/")
    if top == "assignments":
        return rest.startswith(f"{unit.slug}/")
    return top not in OURS and not SKIPPED.intersection(path.split("/"))


def files_in(folder: Path, unit: Unit) -> Iterator[Found]:
    """The files of a folder that may hold work, without following links."""
    left = MOST_FILES
    for place, folders, names in os.walk(folder):
        below = Path(place).relative_to(folder).as_posix().removeprefix(".")
        for name in [*sorted(folders), *sorted(names)]:
            path = f"{below}/{name}" if below else name
            full = Path(place, name)
            left -= 1
            if left < 0:
                return
            if full.is_symlink():
                yield Found(path, 0, lambda: b"", "link")
            elif name in names and may_hold_work(path, unit):
                yield Found(path, full.lstat().st_size, lambda full=full: read_regular(full, NOTEBOOK_BYTES))
        folders[:] = [name for name in folders if name not in SKIPPED and (below or name not in OURS)]


def told(places: list[FoundWork]) -> str:
    """The places in a few words."""
    texts = list(dict.fromkeys(place.text for place in places))
    more = f" and {len(texts) - MOST_TOLD} more" if len(texts) > MOST_TOLD else ""
    return ", ".join(texts[:MOST_TOLD]) + more

"""Rules for the pictures of a lecture, drawn from its committed record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path

from reference.shared.plots.style import Picture
from reference.tests.shared.lettering import lettering

LEAST = 22  # pixels of a letter that can be read from the last row


def unlike_the_committed(pictures: Mapping[str, Picture], folder: Path, number: str) -> list[str]:
    """The committed pictures, `folder`/NN_NAME.svg, that say something else than those drawn now."""
    found = []
    for name, picture in pictures.items():
        path = folder / f"{number}_{name}.svg"
        title = re.search(r"<dc:title>(.*?)</dc:title>", path.read_text(encoding="utf-8"), re.DOTALL)
        if title is None or unescape(title[1]) != picture.alt:
            found.append(f"{path.name}: draw it again with python -m reference.benchmarks.lecture ... --draw")
    return found


def hard_to_read(pictures: Mapping[str, Picture]) -> list[str]:
    """The pictures whose text is too small, covered by other text, or sticks out."""
    found = []
    for name, picture in pictures.items():
        seen = lettering(picture)
        if seen.smallest < LEAST or seen.covered or seen.sticks_out:
            found.append(
                f"{name}: {seen.smallest:g} px, covered {seen.covered}, sticks out {seen.sticks_out}"
            )
    return found

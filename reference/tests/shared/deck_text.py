"""The text of a lecture: its slides, the figures that they show, and the numbers in their headings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reference.shared.plots.style import Picture, slide_pixels


@dataclass(frozen=True)
class Slide:
    """One slide without its speaker notes."""

    number: int
    heading: str
    text: str

    @property
    def figures(self) -> list[tuple[int, str]]:
        """(width in pixels, name of the file) of each picture."""
        return [(int(w), name) for w, name in re.findall(r"!\[w:(\d+) [^]]*\]\(figures/([^)]+)\)", self.text)]


def slides(path: Path) -> list[Slide]:
    """The slides of a Marp file, from 1."""
    _, _, body = path.read_text(encoding="utf-8").partition("\n---\n")
    found = []
    for number, raw in enumerate(body.split("\n---\n"), 1):
        text = re.sub(r"<!--.*?-->", "", raw, flags=re.DOTALL)
        heading = re.search(r"^#+ (.+)$", text, re.MULTILINE)
        found.append(Slide(number, heading[1] if heading else "", text))
    return found


def numbers(text: str) -> set[str]:
    """The numbers of a text; '3 300' and '3300' are the same one."""
    together = re.sub(r"(?<=\d)[ \u00a0](?=\d{3}\b)", "", text)
    return set(re.findall(r"\d+(?:\.\d+)?", together))


def unlike_their_figures(path: Path, pictures: Mapping[str, Picture]) -> list[str]:
    """What a slide says or shows otherwise than its figure was drawn. pictures: file name -> picture."""
    problems = []
    for slide in slides(path):
        for width, name in slide.figures:
            drawn = round(slide_pixels(pictures[name].figure.get_figwidth()))
            if width != drawn:
                problems.append(
                    f"slide {slide.number} shows {name} {width} pixels wide, and it was drawn for {drawn}"
                )
            said = numbers(re.sub(r"^Rungs? \d+( and \d+)?:", "", slide.heading))
            for number in sorted(said - numbers(pictures[name].alt)):
                problems.append(f"slide {slide.number}: {number} is in the heading and not in {name}")
    return problems


def without_their_machine(path: Path, measured: set[str], machine: str, date: str) -> list[str]:
    """The slides with a measured figure that do not name the machine and the day of the record."""
    wanted = f"Measured on {', '.join(machine.split(', ')[:3])}, {date[:10]}"
    return [
        f"slide {slide.number} shows {name} without {wanted!r}"
        for slide in slides(path)
        for _, name in slide.figures
        if name in measured
        and wanted not in slide.text.replace("Measured with scikit-learn on", "Measured on")
    ]

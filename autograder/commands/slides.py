"""`./mlsys slides`: render the lectures to HTML and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.slides import render
from autograder.core.units import CourseError, course_root, find_unit, find_units


def slides(
    units: Annotated[
        list[str] | None, typer.Argument(metavar="UNIT", help="Units, like 00 01. Default: all.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder to write to. Default: build/slides.", file_okay=False),
    ] = None,
) -> None:
    """Render slides to HTML and PDF.

    Press P in the HTML to see the speaker notes.
    """
    root = course_root()
    named = dict.fromkeys(find_unit(word) for word in units or ())
    chosen = list(named) or [each for each in find_units() if each.slides.exists()]
    missing = [each.slug for each in chosen if not each.slides.exists()]
    if missing or not chosen:
        raise CourseError(f"no slides to render\n  expected: slides/{(missing or ['NN_name'])[0]}.md")
    folder = out or root / "build" / "slides"
    for each in chosen:
        for path in render(root, each.slides, folder):
            print(path.relative_to(root) if path.is_relative_to(root) else path, flush=True)

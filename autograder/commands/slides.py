"""`./mlsys slides`: the lectures as HTML and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.core.units import CourseError, course_root, find_unit, find_units


def slides(
    unit: Annotated[str | None, typer.Argument(help="A unit, like 01. Without it: all.")] = None,
    to: Annotated[
        Path | None, typer.Option(help="Write the files here. Without it: build/slides.", file_okay=False)
    ] = None,
) -> None:
    """Render the slides of a unit (or of all) to HTML and PDF, with speaker notes in the HTML (press P)."""
    from autograder.authoring.slides import render

    root = course_root()
    chosen = [find_unit(unit)] if unit else [each for each in find_units() if each.slides.exists()]
    missing = [each.slug for each in chosen if not each.slides.exists()]
    if missing or not chosen:
        raise CourseError(f"no slides to render\n  expected: slides/{(missing or ['NN_name'])[0]}.md")
    folder = to or root / "build" / "slides"
    for each in chosen:
        for path in render(root, each.slides, folder):
            print(path.relative_to(root) if path.is_relative_to(root) else path, flush=True)

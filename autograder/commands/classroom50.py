"""`./mlsys classroom50`: what Classroom 50, the successor of GitHub Classroom, needs of the course."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="What Classroom 50 needs of the course: `bundle` writes the folder that its runner grades with.",
    no_args_is_help=True,
)


@app.callback()
def classroom50() -> None:
    """What Classroom 50, the successor of GitHub Classroom, needs of the course.

    ./mlsys classroom50 bundle 01 --to DIR
    """


@app.command()
def bundle(
    unit: Annotated[str, typer.Argument(help="The unit, like 01.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Write the bundle to this folder.")],
) -> None:
    """Write the folder for CLASSROOM/autograders/ASSIGNMENT: autograder.py, the grader and the public checks."""
    from autograder.core.units import find_unit
    from autograder.release.bundle import write_bundle

    written = write_bundle(find_unit(unit), to)
    print(f"{to}: {len(written)} files; copy it to CLASSROOM/autograders/ASSIGNMENT of the configuration")

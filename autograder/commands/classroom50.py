"""`./mlsys classroom50`: the files for Classroom 50, the successor of GitHub Classroom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.help_text import PlainCommand, PlainGroup
from autograder.core.units import find_unit
from autograder.release.bundle import write_bundle

app = typer.Typer(cls=PlainGroup, no_args_is_help=True, add_completion=False, rich_markup_mode="rich")


@app.callback()
def classroom50() -> None:
    """Write the folder that Classroom 50 runs.

    Classroom 50 is the successor of GitHub Classroom.

    ./mlsys classroom50 bundle 01 --out DIR
    """


@app.command(cls=PlainCommand)
def bundle(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit, like 01.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Write the bundle to this folder.")],
) -> None:
    """Write the folder CLASSROOM/autograders/ASSIGNMENT, with autograder.py, the grader and the public checks."""
    written = write_bundle(find_unit(unit), out)
    print(f"{out}: {len(written)} files")
    print("  next: copy it to CLASSROOM/autograders/ASSIGNMENT in the classroom's configuration repository")

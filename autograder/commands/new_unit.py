"""`./mlsys new-unit`: make the files of a new unit from templates."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.authoring.new_unit import new_unit as make
from autograder.authoring.new_unit import rooms
from autograder.core.units import course_root


def new_unit(
    number: Annotated[str, typer.Argument(metavar="NN", help="The number of the unit: two digits, like 07.")],
    slug: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="The name of the unit and its package: lower case, like ring_buffer."
        ),
    ],
    title: Annotated[
        str | None, typer.Option(metavar="TITLE", help="The title. Default: the name in words: Ring buffer.")
    ] = None,
) -> None:
    """Make a complete small unit from templates.

    Writes the seven parts of a unit (slides, lab, assignment, reference, reference tests, checks, benchmark) with
    two small tasks that pass all tests, and adds the unit to README.md. It writes all of it or nothing, and
    overwrites no file. Then replace it step by step, as CONTRIBUTING.md explains.
    """
    unit, finished = make(course_root(), number, slug, title)
    for other in finished:
        print(f"{other.slug}: finished what a run that was killed had begun\n")
    print(f"{unit.slug}: complete")
    for path in rooms(unit):
        print(f"  {path.relative_to(unit.root).as_posix()}{'/' * path.is_dir()}")
    print("  README.md: the unit's rows\n")
    print(f"to test it:             ./mlsys test -k {unit.name}")
    print(f"to find what to write:  git grep --untracked -n WRITE: -- README.md '*{unit.name}*'")
    print("to go step by step:     CONTRIBUTING.md, Add a unit")

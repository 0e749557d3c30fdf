"""`./mlsys new-unit`: make the files of a new unit from templates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.new_unit import new_unit as make
from autograder.authoring.new_unit import parts
from autograder.authoring.proof_pages import write_pages
from autograder.authoring.prove import prove
from autograder.core.units import CourseError, Unit, course_root


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
    two small tasks that pass all tests, adds the unit to README.md, and proves it. It overwrites no file. Then
    replace it step by step, as CONTRIBUTING.md explains.
    """
    unit = make(course_root(), number, slug, title)
    print(f"{unit.slug}: complete")
    for path in filter(Path.exists, parts(unit)):
        print(f"  {path.relative_to(unit.root).as_posix()}{'/' * path.is_dir()}")
    print("  README.md: the unit's rows\n")
    print(f"the proof of its checks: {proof_of(unit)}")
    print(f"to test it:              ./mlsys test -k {unit.name}")
    print(f"to find what to write:   git grep --untracked -n WRITE: -- README.md '*{unit.name}*'")
    print("to go step by step:      CONTRIBUTING.md, Add a unit")


def proof_of(unit: Unit) -> str:
    """Prove the unit; the result in words."""
    try:
        report = prove(unit)
        write_pages(unit)
    except CourseError as error:  # no sandbox on this machine
        return f"not made: {error}\n  to make it later: ./mlsys prove {unit.number}"
    return "; ".join(report.failures) or f"all {report.total} rows hold"

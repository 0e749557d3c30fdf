"""`./mlsys new-unit`: the rooms of a unit that is yet to be written."""

from __future__ import annotations

from typing import Annotated

import typer


def new_unit(
    number: Annotated[str, typer.Argument(metavar="NN", help="Two digits that no unit has, like 07.")],
    slug: Annotated[
        str,
        typer.Argument(help="The name of its package, like ring_buffer: small letters, digits, underscores."),
    ],
    title: Annotated[
        str | None, typer.Option(help="What readers see. Without it: the slug in words, like Ring buffer.")
    ] = None,
) -> None:
    """Make every room of a new unit from templates: two small tasks that pass all tests, for you to replace.

    Writes slides, lab, assignment with starters, reference with tests, checks with wrong solutions, bench, and the
    unit's rows in README.md: all of it or nothing, and over nothing that is there. CONTRIBUTING.md walks through it.
    """
    from autograder.authoring.new_unit import new_unit as make
    from autograder.authoring.new_unit import rooms
    from autograder.core.units import course_root

    unit, finished = make(course_root(), number, slug, title)
    for other in finished:
        print(f"{other.slug}: finished what a run that was killed had begun\n")
    print(f"{unit.slug}: every room is there")
    for path in rooms(unit):
        print(f"  {path.relative_to(unit.root).as_posix()}{'/' * path.is_dir()}")
    print("  README.md: a row of the units, and the table of what bites\n")
    print(f"prove it:       ./mlsys test -k {unit.name}")
    print(f"then write:     git grep --untracked -n WRITE: -- README.md '*{unit.name}*'")
    print("step by step:   CONTRIBUTING.md, Adding a unit")

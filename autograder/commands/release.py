"""`./mlsys release`: the starters, and the student tree of a week."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def release(
    only: Annotated[
        str | None,
        typer.Argument(metavar="[UNIT]", help="One unit's starters. Without it: those of all units."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; name the starters that are not up to date.")
    ] = False,
    unit: Annotated[str | None, typer.Option(help="With --to: the unit whose week the students get.")] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the student tree to this folder.")
    ] = None,
) -> None:
    """Write the starters from the reference; or a week's student tree.

    ./mlsys release                        bring all starters up to date
    ./mlsys release --check                exit code 1 when one is not
    ./mlsys release --unit 03 --to ../w3   the tree of week 3: no answers to it, no hidden checks
    """
    from autograder.core.units import CourseError, find_unit, find_units

    if (unit is None) != (to is None):
        raise CourseError("a student tree needs both: expected --unit UNIT --to DIR")
    if unit is not None and to is not None:
        from autograder.release.student_tree import student_tree

        if check or only:
            raise CourseError("expected --unit UNIT --to DIR alone, without --check or another unit")
        written = student_tree(find_unit(unit), to)
        print(f"{to}: the student tree of unit {find_unit(unit).slug}, {len(written)} files")
        print(f"  try it: cd {to} && ./mlsys check {find_unit(unit).number}")
        return
    from autograder.release.starters import check_drift, write_starters

    chosen = [find_unit(only)] if only else [each for each in find_units() if each.manifest.exists()]
    if check:
        messages = [message for each in chosen for message in check_drift(each)]
        for message in messages:
            print(message)
        if messages:
            raise typer.Exit(1)
        print(f"the starters of {len(chosen)} unit{'s' * (len(chosen) != 1)} are up to date")
        return
    for each in chosen:
        changed = write_starters(each)
        print(f"assignments/{each.slug}: {', '.join(changed) or 'up to date'}")

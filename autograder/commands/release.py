"""`./mlsys release`: write the starters, or the student tree of a week."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from autograder.core.units import CourseError, find_unit, find_units
from autograder.release.starters import check_drift, write_starters
from autograder.release.student_tree import student_tree


def release(
    only: Annotated[
        list[str] | None,
        typer.Argument(metavar="UNIT", help="The units whose starters to write, like 00 01. Default: all."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; list the starters that are out of date.")
    ] = False,
    unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="With --out: the unit of the week, like 03.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the student tree of --unit to this folder.")
    ] = None,
    not_before: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help="With --out: hold the tree back until this date, like 2026-12-10 or 2026-12-10T18:00.",
        ),
    ] = None,
) -> None:
    """Write the starters, or the student tree of a week.

        ./mlsys release                        update all starters from the reference
        ./mlsys release --check                list outdated starters
        ./mlsys release --unit 03 --out ../w3  write the student tree of week 3

    A student tree has no solutions of its week and no hidden checks. It has the solutions of earlier weeks: use
    --not-before to hold it back until late work for them is no longer accepted.

    Exit code 0: done. 1: --check found a starter that is out of date, or --not-before is later than now.
    """
    if (unit is None) != (out is None):
        raise CourseError("a student tree needs both --unit and --out\n  expected: --unit UNIT --out DIR")
    if not_before is not None and out is None:
        raise CourseError(
            "--not-before needs a student tree\n  expected: --unit UNIT --out DIR --not-before DATE"
        )
    if unit is not None and out is not None:
        if check or only:
            raise CourseError("expected only --unit UNIT --out DIR, got --check or another unit too")
        if not_before is not None and datetime.now() < not_before:
            print(f"{out}: held back until {not_before:%Y-%m-%d %H:%M}; nothing was written")
            raise typer.Exit(1)
        written = student_tree(find_unit(unit), out)
        print(f"{out}: the student tree of unit {find_unit(unit).slug}, {len(written)} files")
        print(f"  to try it: cd {shlex.quote(str(out))} && ./mlsys check {find_unit(unit).number}")
        if solved := [each.slug for each in find_units() if each.number < find_unit(unit).number]:
            print(
                f"  it has the solutions of {', '.join(solved)}: hand it out when late work for them is over"
            )
        return
    named = dict.fromkeys(find_unit(word) for word in only or ())
    chosen = list(named) or [each for each in find_units() if each.manifest.exists()]
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

"""`./mlsys merge`: join the parts of a class into one gradebook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.grade_summary import changed_totals
from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError, find_units
from autograder.reports.class_report import write_class
from autograder.roster.gradebook import Gradebook
from autograder.roster.shards import merge as join


def merge(
    shards: Annotated[
        list[Path],
        typer.Argument(metavar="PART", help="The folders that ./mlsys grade --shard i/N --out PART wrote."),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder for the joined gradebook.")] = Path(
        "grades"
    ),
) -> None:
    """Join the parts of a class that --shard i/N graded.

    Writes one version of the gradebook, as if the class had been graded in one run.
    All N parts must be there, graded with the same roster, policy, course and seed.
    """
    for each in shards:
        if not each.is_dir():
            raise CourseError(f"{each}: expected the --out folder of a shard, got no folder")
    units = [unit for unit in find_units() if any((each / unit.slug / "shards").is_dir() for each in shards)]
    if not units:
        raise CourseError(
            "there are no parts in these folders\n"
            "  expected: folders that ./mlsys grade ... --shard i/N --out DIR wrote"
        )
    for unit in units:
        book = Gradebook(out / unit.slug)
        sources = [Gradebook(each / unit.slug) for each in shards]
        with book.locked():
            before = book.latest()
            made = join(book, sources, unit_manifest(unit), write_class)
        if before is not None:
            for line in changed_totals(before.people, made.people, made.number):
                print(f"{unit.slug}: {line}")
        print(
            f"{unit.slug}: {len(made.people)} people; version {made.number} is in {book.folder(made.number)}"
        )

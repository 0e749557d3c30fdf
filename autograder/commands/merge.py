"""`./mlsys merge`: one gradebook out of shards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def merge(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The gradebook to be, as --out of grade.")],
    shards: Annotated[
        list[Path], typer.Argument(metavar="SHARD_DIR...", help="The --out folders of the shards.")
    ],
) -> None:
    """Join what `./mlsys grade ... --shard i/N` graded into one version of the gradebook, with its reports.

    Every shard must be there, and of the same roster, policy, course and seed.
    """
    from autograder.core.manifest import unit_manifest
    from autograder.core.units import CourseError, find_units
    from autograder.reports.class_report import write_class
    from autograder.roster.gradebook import Gradebook
    from autograder.roster.shards import merge as join

    for each in shards:
        if not each.is_dir():
            raise CourseError(f"{each}: expected the --out folder of a shard, found no folder")
    units = [unit for unit in find_units() if any((each / unit.slug / "shards").is_dir() for each in shards)]
    if not units:
        raise CourseError(
            "no shards in these folders\n  expected: what ./mlsys grade ... --shard i/N --out DIR wrote"
        )
    for unit in units:
        book = Gradebook(out / unit.slug)
        sources = [Gradebook(each / unit.slug) for each in shards]
        with book.locked():
            made = join(book, sources, unit_manifest(unit), write_class)
        print(
            f"{unit.slug}: {len(made.people)} people, version {made.number} is in {book.folder(made.number)}"
        )

"""`./mlsys collect`: fetch every repository of a roster, and record the time at which work was received."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.commands.bars import fetching
from autograder.core.manifest import unit_manifest
from autograder.core.units import find_unit
from autograder.reports.view import clean
from autograder.roster.choose import Chooser
from autograder.roster.collect import collect as fetch
from autograder.roster.git import FetchLimits
from autograder.roster.lateness import Due
from autograder.roster.people import read_roster
from autograder.roster.receipts import Store


def collect(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit whose files to count, like 01.")],
    roster: Annotated[Path, typer.Option(metavar="FILE", help="The class: a CSV of id, name, repository.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder of the gradebooks.")] = Path("grades"),
    repositories: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of the copies. Default: OUT/repositories.")
    ] = None,
    limit_mb: Annotated[int, typer.Option(min=1, metavar="N", help="Refuse a repository above N MB.")] = 100,
    limit_seconds: Annotated[
        float, typer.Option(min=1, metavar="N", help="Stop a fetch after N seconds.")
    ] = 120,
) -> None:
    """Fetch every repository; new work counts as received now.

    Git does not record when a push arrived, and students can set commit dates. So run this at the deadline,
    for example from cron:

        59 23 30 11 *  cd COURSE && ./mlsys collect 01 --roster roster.csv

    Exit code 0: every repository was fetched. 1: a fetch failed.
    """
    chosen = find_unit(unit)
    manifest = unit_manifest(chosen)
    people = read_roster(roster)
    store = Store(repositories or out / "repositories", FetchLimits(limit_mb, limit_seconds))
    chooser = Chooser(chosen, manifest, store, {})
    with fetching(Console(stderr=True), people) as on_done:
        missed = fetch(people, store, on_done=on_done, complete=chooser.complete)
    handed_in = 0
    console = Console(highlight=False, soft_wrap=True)
    for person in people:
        choice = chooser.choose(person.repository, Due(None, None), missed.get(person.repository, ""))
        handed_in += choice.submission is not None and not choice.submission.empty
        trouble = missed.get(person.repository) or choice.offer.text or choice.trouble
        if trouble:
            console.print(f"{person.id} {clean(person.name)}: {clean(trouble)}", markup=False)
    files = f"work/{chosen.slug}/"
    console.print(f"{len(people)} people, {handed_in} with files in {files}; {len(missed)} not fetched")
    raise typer.Exit(1 if missed else 0)

"""`./mlsys feedback`: push each student's report to the `feedback` branch of their repository."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.commands.gradebook_version import open_book
from autograder.reports.feedback import Delivery, deliver
from autograder.roster.people import read_roster


def feedback(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit, like 01.")],
    roster: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Only the people of this roster, at its addresses. Default: everybody."
        ),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="The version of the gradebook. Default: the latest."),
    ] = None,
    grades: Annotated[Path, typer.Option(metavar="DIR", help="The folder of the gradebooks.")] = Path(
        "grades"
    ),
) -> None:
    """Push each student's report to their `feedback` branch.

    Touches no other branch, never forces a push, and pushes nothing if the report did not change.

    Exit code 0: every repository has its report. 1: a push failed; run the same command again.
    """
    manifest, _, standings = open_book(unit, grades, version)
    people = read_roster(roster) if roster else ()
    done: list[Delivery] = []
    with Console(stderr=True).status("pushing reports ...") as line:
        for each in deliver(standings, manifest, people):
            done.append(each)
            line.update(f"{len(done)} repositories done, last: {', '.join(each.people)}")
    counts = {word: sum(each.outcome == word for each in done) for word in ("pushed", "unchanged", "failed")}
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    for each in sorted(done, key=lambda each: each.people):
        if each.outcome == "failed":
            typer.echo(f"  {', '.join(each.people)}: {each.repository}: {each.reason}", err=True)
    raise typer.Exit(1 if counts["failed"] else 0)

"""`./mlsys feedback`: each student's report, on the `feedback` branch of their repository."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def feedback(
    unit: Annotated[str, typer.Argument(help="The unit, like 01.")],
    roster: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="roster.csv: these people alone, at these addresses. Without it: all."
        ),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="A version of the gradebook. Without it: the latest."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where ./mlsys grade wrote.")] = Path("grades"),
) -> None:
    """Commit each student's report to the `feedback` branch of their repository, and push it.

    No other branch is touched, and nothing is forced. Where nothing changed, nothing is pushed. Exit code 1 when a
    repository could not be reached; run it again for those.
    """
    from rich.console import Console

    from autograder.commands.gradebook_version import open_book
    from autograder.reports.feedback import Delivery, deliver
    from autograder.roster.people import read_roster

    manifest, _, standings = open_book(unit, out, version)
    people = read_roster(roster) if roster else ()
    done: list[Delivery] = []
    with Console(stderr=True).status("pushing reports ...") as line:
        for each in deliver(standings, manifest, people):
            done.append(each)
            line.update(f"{len(done)} repositories done, the last was that of {', '.join(each.people)}")
    counts = {word: sum(each.outcome == word for each in done) for word in ("pushed", "unchanged", "failed")}
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    for each in sorted(done, key=lambda each: each.people):
        if each.outcome == "failed":
            typer.echo(f"  {', '.join(each.people)}: {each.repository}: {each.reason}", err=True)
    raise typer.Exit(1 if counts["failed"] else 0)

"""`./mlsys prove`: grade the starter, the reference and the wrong solutions, and keep what holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.authoring.prove import Report, Scope
    from autograder.core.units import Unit


def prove(
    unit: Annotated[str | None, typer.Argument(help="A unit, like 01. Without it: all.")] = None,
    changed: Annotated[
        bool,
        typer.Option("--changed", help="Leave out rows for which only the judge or shared code changed."),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Grade every row, also those that are up to date.")
    ] = False,
    sample: Annotated[
        bool,
        typer.Option(
            "--sample", help="Also grade a drawn wrong solution a task, the starter and the reference."
        ),
    ] = False,
    record: Annotated[bool, typer.Option(help="Write the proof, its page, and the README's line.")] = True,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Submissions at once. Without it: as cores and memory allow.")
    ] = None,
) -> None:
    """Prove that the checks of a unit tell right from wrong.

    The starter must get 0 points, the reference all of them, and each wrong solution must lose exactly its test. What
    holds is kept in autograder/checks/NN_name/proof.json, row by row, with the hashes of everything that decided it.
    Only rows that are missing or old are graded: interrupt it and run it again. Exit code 1 when a row does not hold.
    """
    from rich.console import Console

    from autograder.authoring.proof_pages import proved_units
    from autograder.core.units import CourseError, course_root, find_unit

    if changed and everything:
        raise CourseError("expected --changed or --all, got both")
    scope: Scope = "all" if everything else "changed" if changed else "old"
    units = [find_unit(unit)] if unit else proved_units(course_root())
    screen, failed = Console(stderr=True), False
    for each in units:
        report = proved(each, screen, scope, sample=sample, record=record, workers=workers)
        tell(report)
        failed = failed or bool(report.failures)
    raise typer.Exit(failed)


def proved(
    unit: Unit, screen: Console, scope: Scope, *, sample: bool, record: bool, workers: int | None
) -> Report:
    """Grade one unit under a progress bar, and bring its pages up to date, also when interrupted."""
    from autograder.authoring.outcome import Outcome
    from autograder.authoring.proof_pages import write_pages
    from autograder.authoring.prove import prove
    from autograder.commands.bars import bar

    with bar(screen) as progress:
        task = progress.add_task(unit.slug, total=None, last="")

        def on_plan(report: Report) -> None:
            progress.update(task, total=len(report.why) + report.sampled)

        def on_row(outcome: Outcome) -> None:
            progress.update(task, advance=1, last=outcome.difference or outcome.case.name)

        try:
            return prove(
                unit,
                scope=scope,
                sample=sample,
                record=record,
                workers=workers,
                on_plan=on_plan,
                on_row=on_row,
            )
        except KeyboardInterrupt:
            typer.echo(f"\n{unit.slug}: what is proved is kept; the same command goes on from here", err=True)
            raise
        finally:
            if record:
                write_pages(unit)


def tell(report: Report) -> None:
    """One line for the unit, then what does not hold."""
    graded = f"graded {len(report.graded)} of {report.total} rows" if report.graded else "nothing to grade"
    sampled = f", {report.sampled} of them as a sample" if report.sampled else ""
    verdict = "" if not report.graded else ": all hold" if not report.failures else ""
    print(f"{report.unit.slug}: {graded}{sampled}{verdict}")
    for failure in report.failures:
        print(f"  does not hold: {failure}")

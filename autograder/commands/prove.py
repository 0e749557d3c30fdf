"""`./mlsys prove`: grade the starter, the reference and the wrong solutions, and record the outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.authoring.prove import ProofReport, Scope
    from autograder.core.units import Unit


def prove(
    unit: Annotated[str | None, typer.Argument(metavar="UNIT", help="A unit, like 01. Default: all.")] = None,
    changed: Annotated[
        bool,
        typer.Option("--changed", help="Leave out rows for which only the grader or shared code changed."),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Grade every row (or every mutant), also up-to-date ones.")
    ] = False,
    sample: Annotated[
        bool,
        typer.Option(
            "--sample", help="Also grade the starter, the reference, and a drawn wrong solution per task."
        ),
    ] = False,
    no_record: Annotated[
        bool, typer.Option("--no-record", help="Write no file: only grade, and tell what does not hold.")
    ] = False,
    mutants: Annotated[
        bool,
        typer.Option(
            "--mutants",
            help="Grade mutants of the reference instead, and show those that no public check notices.",
        ),
    ] = False,
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task", metavar="ID", help="With --mutants: only this task, like 01.3. May be repeated."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Grade N submissions at once. Default: as many as cores and memory allow.",
        ),
    ] = None,
) -> None:
    """Prove that the checks catch mistakes.

    Grades the starter (no points), the reference (all points) and every wrong solution (loses exactly the checks that
    it names). Keeps each row that holds in autograder/checks/NN_name/proof.json, with the hashes of everything that
    decided it.

    Grades only rows that are new or out of date. Interrupt it and run it again: it continues.

    With --mutants, it makes small mistakes in the bodies that students write (a shifted bound, a dropped barrier, a
    wrong sign), grades a drawn part of them, and keeps the score in mutants.json beside the proof. At least 97 % must
    lose a check, at least 90 % a public one.

    Exit code 1: a row does not hold, or the score is too low.
    """
    from rich.console import Console

    from autograder.authoring.proof_pages import proved_units
    from autograder.core.units import CourseError, course_root, find_unit

    if changed and everything:
        raise CourseError("--changed and --all exclude each other\n  to fix: leave one of them out")
    if mutants and (changed or sample):
        wrong = "--changed" if changed else "--sample"
        raise CourseError(f"--mutants and {wrong} exclude each other\n  to fix: leave one of them out")
    if task and not mutants:
        raise CourseError("--task needs --mutants\n  to fix: add --mutants, or leave --task out")
    if task and not unit:
        raise CourseError(
            f"--task needs a unit\n  to fix: ./mlsys prove --mutants {task[0][:2]} --task {task[0]}"
        )
    scope: Scope = "all" if everything else "changed" if changed else "old"
    units = [find_unit(unit)] if unit else proved_units(course_root())
    screen, failed = Console(stderr=True), False
    if mutants:
        from autograder.commands.prove_mutants import try_units

        all_hold = try_units(
            units, screen, tasks=task, everything=everything, record=not no_record, workers=workers
        )
        raise typer.Exit(not all_hold)
    for each in units:
        report = proved(each, screen, scope, sample=sample, record=not no_record, workers=workers)
        tell(report)
        failed = failed or bool(report.failures)
    raise typer.Exit(failed)


def proved(
    unit: Unit, screen: Console, scope: Scope, *, sample: bool, record: bool, workers: int | None
) -> ProofReport:
    """Grade one unit with a progress bar, and update its pages, also after an interruption."""
    from autograder.authoring.outcome import Outcome
    from autograder.authoring.proof_pages import write_pages
    from autograder.authoring.prove import prove
    from autograder.commands.bars import bar

    with bar(screen) as progress:
        task = progress.add_task(unit.slug, total=None, last="")

        def on_plan(report: ProofReport) -> None:
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
            typer.echo(f"\n{unit.slug}: proved rows are kept; run the same command to continue", err=True)
            raise
        finally:
            if record:
                write_pages(unit)


def tell(report: ProofReport) -> None:
    """Print one line for the unit, then each row that does not hold."""
    graded = f"graded {len(report.graded)} of {report.total} rows" if report.graded else "nothing to grade"
    sampled = f", {report.sampled} of them as a sample" if report.sampled else ""
    verdict = ": all hold" if report.graded and not report.failures else ""
    print(f"{report.unit.slug}: {graded}{sampled}{verdict}")
    for failure in report.failures:
        print(f"  does not hold: {failure}")

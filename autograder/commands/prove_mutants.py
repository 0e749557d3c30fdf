"""`./mlsys prove --mutants`: grade mutants of the reference, and keep the score."""

from __future__ import annotations

from rich.console import Console

from autograder.authoring.mutation.report import MutationReport, told, write_score
from autograder.authoring.mutation.run import A_TASK, try_mutants
from autograder.authoring.mutation.trials import Trial
from autograder.authoring.proof_pages import write_pages
from autograder.commands.bars import bar
from autograder.core.manifest import unit_manifest
from autograder.core.units import Unit


def try_units(
    units: list[Unit],
    screen: Console,
    *,
    tasks: list[str] | None,
    everything: bool,
    record: bool,
    workers: int | None,
) -> bool:
    """Grade the mutants of these units; True if every score is high enough. Only whole units are recorded."""
    holds = True
    for unit in units:
        chosen = None if tasks is None else {unit_manifest(unit).task(task).id for task in tasks}
        with bar(screen) as progress:
            row = progress.add_task(f"{unit.slug} mutants", total=None, last="")

            def on_plan(total: int, row=row, progress=progress) -> None:
                progress.update(row, total=total)

            def on_trial(trial: Trial, row=row, progress=progress) -> None:
                progress.update(row, advance=1, last=f"{trial.mutant.task} {trial.mutant.operator}")

            report = try_mutants(
                unit,
                tasks=chosen,
                most=None if everything else A_TASK,
                workers=workers,
                on_plan=on_plan,
                on_trial=on_trial,
            )
        tell(report)
        if record and chosen is None:
            write_score(report)
            write_pages(unit)
        holds = holds and report.score.holds
    return holds


def tell(report: MutationReport) -> None:
    """Print each mutant that no public check noticed, with its diff, and then the score."""
    for trial in report.findings:
        print(f"{told(trial)}\n")
    print(f"{report.unit.slug}: {report.score.sentence}")

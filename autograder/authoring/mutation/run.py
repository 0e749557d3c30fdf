"""Make, draw and grade the mutants of one unit."""

from __future__ import annotations

from collections.abc import Callable, Collection

from autograder.authoring.mutation.equivalents import NAME, read_equivalents, stale
from autograder.authoring.mutation.mutants import mutants_of, sample
from autograder.authoring.mutation.report import MutationReport
from autograder.authoring.mutation.trials import Trial, attempts
from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError, Unit
from autograder.release.starters import solved_files

A_TASK = 24  # mutants that are graded, of each task


def try_mutants(
    unit: Unit,
    *,
    tasks: Collection[str] | None = None,
    most: int | None = A_TASK,
    workers: int | None = None,
    on_plan: Callable[[int], None] = lambda _: None,
    on_trial: Callable[[Trial], None] = lambda _: None,
) -> MutationReport:
    """Grade mutants of the unit. Raises CourseError for a broken unit, or an entry of a mutant that does not exist.

    tasks: only these ids. most: mutants of each task (None: all); the same code draws the same ones. on_plan: called
    with their number. on_trial: called with each outcome. Cost: 0.5 to 4 s a mutant; a loop without an end takes 30 s.
    """
    manifest, entries = unit_manifest(unit), read_equivalents(unit)
    solved = solved_files(unit, marks=True)
    made, equivalent, drawn = [], 0, []
    for task in manifest.tasks:
        mine = mutants_of(solved, task)
        made += mine
        if tasks is not None and task.id not in tasks:
            continue
        kept = [mutant for mutant in mine if not any(entry.fits(mutant) for entry in entries)]
        equivalent += len(mine) - len(kept)
        drawn += sample(kept, most)
    if old := stale(entries, made):
        listing = "\n".join(f"  {entry.words}" for entry in old)
        raise CourseError(
            f"autograder/checks/{unit.slug}/{NAME}: expected mutants of the current code, got entries without one\n"
            f"{listing}\n  to fix: remove or update them"
        )
    report = MutationReport(unit, len(made), equivalent)
    on_plan(len(drawn))
    for trial in attempts(unit, drawn, workers):
        report.trials.append(trial)
        on_trial(trial)
    return report

"""Grade mutants: each runs the checks of its task, the public ones first, and stops at the first loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from autograder.authoring.mutation.mutants import Mutant
from autograder.authoring.warm_grader import WarmGrader, in_processes
from autograder.core.result import Status
from autograder.core.units import Unit

LONGEST = 30.0  # seconds of a call: a loop that never ends is noticed, and soon


class Fate(StrEnum):
    """The end of a mutant."""

    PUBLIC = "lost a public check"
    HIDDEN = "lost a hidden check only"
    SURVIVED = "survived"
    BROKE = "broke a check"  # the check raised something else than a failure


@dataclass(frozen=True)
class Trial:
    """One graded mutant, and the check that it lost."""

    mutant: Mutant
    fate: Fate
    check: str = ""
    message: str = ""


def attempt(grader: WarmGrader, mutant: Mutant) -> Trial:
    """Grade one mutant."""
    files = grader.solved | {mutant.module: mutant.text.encode()}
    recorder, _ = grader.run(files, {mutant.task}, stop_at_loss=True, seconds=LONGEST)
    for name, records in recorder.records.items():
        for record in records:
            if record.status is Status.INFRA_ERROR:
                return Trial(mutant, Fate.BROKE, name, record.feedback.message)
            if record.status is not Status.PASSED:
                fate = Fate.HIDDEN if recorder.hidden[name] else Fate.PUBLIC
                return Trial(mutant, fate, name, record.feedback.message)
    if recorder.broken:
        return Trial(mutant, Fate.BROKE, "", recorder.broken[0])
    return Trial(mutant, Fate.SURVIVED)


def attempts(unit: Unit, mutants: list[Mutant], workers: int | None = None) -> Iterator[Trial]:
    """Grade the mutants in several processes, and yield each trial when it is done, in any order."""
    yield from in_processes(unit, mutants, attempt, workers)

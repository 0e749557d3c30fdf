"""A stand-in for the judge on the miniature course, and short names for its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from autograder.authoring.cases import Case
from autograder.authoring.outcome import Outcome
from autograder.authoring.proof_state import Kind, proof_state
from autograder.core.result import Status
from autograder.core.units import Unit

NAMES = {"starter", "reference", "add_in_place", "add_wrong_sign", "scale_skips_zero"}
ADD, SCALE = {"add_in_place", "add_wrong_sign"}, {"scale_skips_zero"}


class Grader:
    """Stands in for the judge: each case loses what it must lose, but for what `other` says."""

    def __init__(self, unit: Unit) -> None:
        self.unit, self.graded, self.other, self.total = unit, [], {}, 9
        self.before: Callable[[Case], None] = lambda _: None

    def __call__(self, unit: Unit, cases: list[Case], workers: int | None = None) -> Iterator[Outcome]:
        assert (unit, workers) == (self.unit, None)
        for case in cases:
            self.before(case)
            self.graded.append(case.name)
            lost = self.other.get(case.name, dict.fromkeys(case.expected, Status.FAILED))
            yield Outcome(case, self.total - len(lost), self.total, lost, seed=5)

    def taken(self) -> set[str]:
        """The names graded since the last look."""
        names, self.graded = set(self.graded), []
        return names


def append(path: Path, text: str = "\n# another line\n") -> None:
    """Edit a file."""
    path.write_text(path.read_text() + text)


def of_kind(unit: Unit, kind: Kind) -> set[str]:
    """The names of the rows in this state."""
    return {row.case.name for row in proof_state(unit).rows if row.kind is kind}

"""The outcome of one graded submission, and its difference from what the submission has to lose."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.authoring.cases import STARTER, Case
from autograder.core.result import Status, TaskResult

# Not run is not wrong: after one of these, a test has shown nothing about the mistake.
UNPROVEN = {
    Status.INFRA_ERROR,
    Status.INVALID_SUBMISSION,
    Status.MISSING,
    Status.NOT_IMPLEMENTED,
    Status.SKIPPED,
}


@dataclass(frozen=True)
class Outcome:
    """The points of one submission, and the tests that it lost."""

    case: Case
    points: int
    max_points: int
    lost: dict[str, Status]
    message: str = ""  # of the grader about its own first failure
    seed: int | None = None  # of the inputs; None where it was read from a proof

    @property
    def holds(self) -> bool:
        """True when it lost exactly the tests that it has to lose."""
        return not self.difference

    @property
    def difference(self) -> str:
        """The difference from what the case expects, in words; "" for none."""
        spared = sorted(self.case.expected - self.lost.keys())
        extra = sorted(self.lost.keys() - self.case.expected)
        parts = [f"should lose {', '.join(spared)}"] if spared else []
        parts += [f"should not lose {self.named(extra)}"] if extra else []
        unproven = [name for name, status in self.lost.items() if status in UNPROVEN]
        if unproven and self.case.name != STARTER:
            parts.append(f"proves nothing with {self.named(unproven)}")
        elif Status.INFRA_ERROR in self.lost.values():
            parts.append("meets a failure of the grader")
        parts += [f"is told: {self.message}"] if self.message else []
        return f"{self.case.name} {' and '.join(parts)}" if parts else ""

    def named(self, tests: list[str]) -> str:
        return ", ".join(f"{name} ({self.lost[name]})" for name in tests)

    def same_as(self, other: Outcome) -> bool:
        """True for equal points and equal lost tests; how a test was lost may differ between two runs."""
        mine, theirs = (self.points, self.max_points), (other.points, other.max_points)
        return mine == theirs and self.lost.keys() == other.lost.keys()


def outcome_of(case: Case, tasks: tuple[TaskResult, ...], seed: int) -> Outcome:
    """The outcome in the results of a grading."""
    tests = [test for task in tasks for test in task.tests]
    return Outcome(
        case,
        points=sum(task.points for task in tasks),
        max_points=sum(task.max_points for task in tasks),
        lost={test.name: test.status for test in tests if not test.passed},
        message=next((t.feedback.message for t in tests if t.status is Status.INFRA_ERROR), ""),
        seed=seed,
    )

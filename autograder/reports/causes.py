"""Group a task's failed checks by their cause: the same exception is told once, with the names of its checks."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.core.result import Status, TaskResult, TestResult
from autograder.reports.view import check_title

QUIET = {Status.PASSED, Status.SKIPPED, Status.NOT_RUN, Status.NOT_IMPLEMENTED}


@dataclass(frozen=True)
class Cause:
    """Checks that failed for one reason; the first one explains it."""

    tests: tuple[TestResult, ...]
    names: tuple[str, ...]

    @property
    def test(self) -> TestResult:
        return self.tests[0]

    @property
    def lost(self) -> int:
        """The points that these checks would give."""
        return sum(test.max_points for test in self.tests)

    @property
    def title(self) -> str:
        """ "squares, rectangles and 3 more" """
        more = len(self.names) - 4
        return ", ".join(self.names if more <= 0 else (*self.names[:3], f"{more + 1} more"))


def causes(task: TaskResult) -> list[Cause]:
    """The reasons for which open checks of the task failed, in the order of the checks."""
    found: dict[tuple[object, ...], list[TestResult]] = {}
    for test in task.tests:
        if test.hidden or test.status in QUIET:
            continue
        back = test.feedback
        what = back.message[:40], back.hint, back.traceback or (back.message, back.got, back.expected)
        # An endless loop is interrupted anywhere in it.
        key = test.status, () if test.status is Status.TIMEOUT else what
        found.setdefault(key, []).append(test)
    return [Cause(tuple(tests), tuple(check_title(test, task) for test in tests)) for tests in found.values()]


def is_unwritten(task: TaskResult) -> bool:
    """Tell whether nothing of the task is written yet: one line says all."""
    statuses = {test.status for test in task.tests} - {Status.SKIPPED}
    return statuses == {Status.NOT_IMPLEMENTED}

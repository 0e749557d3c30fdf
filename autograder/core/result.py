"""The result of a grading: one GradeResult for each submission, with tasks and tests; plain data, to and from JSON.

Points come from the manifest and from the judge's own record of each test. Text from a submission (messages, output,
file names) is untrusted: a report escapes it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = "mlsys/result/v1"


class Status(StrEnum):
    """The outcome of one test or one task. Only `passed` earns points.

    Printing too much is not a failure: only the end of the output is kept, and the test continues.
    """

    PASSED = "passed"
    FAILED = "failed"  # a wrong value
    ERROR = "error"  # the student's code raised, or does not import
    CRASHED = "crashed"  # the process ended by itself: a signal, os._exit
    TIMEOUT = "timeout"
    TYPE_ERROR = "type_error"  # a value of a kind that no check accepts
    PROTOCOL_ERROR = "protocol_error"  # a reply that is not one
    MEMORY_LIMIT = "memory_limit"
    PROCESS_LIMIT = "process_limit"
    DISK_LIMIT = "disk_limit"
    NOT_IMPLEMENTED = "not_implemented"
    MISSING = "missing"  # no such file or function in the submission
    NOT_RUN = "not_run"  # earlier checks of the task timed out
    SKIPPED = "skipped"  # not run: hidden, or the check said so
    INVALID_SUBMISSION = "invalid_submission"
    INFRA_ERROR = "infra_error"  # a mistake of the grader: grade again

    @property
    def sentence(self) -> str:
        """The meaning of the status, in words for a student."""
        return SENTENCES[self]


SENTENCES = {
    Status.PASSED: "passed",
    Status.FAILED: "failed",
    Status.ERROR: "the code raised an exception",
    Status.CRASHED: "the process ended during the test",
    Status.TIMEOUT: "took longer than the time limit",
    Status.TYPE_ERROR: "returned a value of the wrong type",
    Status.PROTOCOL_ERROR: "sent an invalid reply to the grader",
    Status.MEMORY_LIMIT: "used more memory than allowed",
    Status.PROCESS_LIMIT: "started more processes or threads than allowed",
    Status.DISK_LIMIT: "wrote more to disk than allowed",
    Status.NOT_IMPLEMENTED: "not written yet",
    Status.MISSING: "the file or the function is missing",
    Status.NOT_RUN: "not run: the task timed out",
    Status.SKIPPED: "not run",
    Status.INVALID_SUBMISSION: "the submission cannot be graded",
    Status.INFRA_ERROR: "the grader failed; this is not your mistake, and it will be graded again",
}

# A task shows its worst news first: the grader's own failure, then what stops everything else.
SEVERITY = (
    Status.INFRA_ERROR,
    Status.INVALID_SUBMISSION,
    Status.MISSING,
    Status.NOT_IMPLEMENTED,
    Status.PROTOCOL_ERROR,
    Status.CRASHED,
    Status.TIMEOUT,
    Status.MEMORY_LIMIT,
    Status.PROCESS_LIMIT,
    Status.DISK_LIMIT,
    Status.ERROR,
    Status.TYPE_ERROR,
    Status.FAILED,
    Status.NOT_RUN,
    Status.SKIPPED,
    Status.PASSED,
)


class ResultModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Feedback(ResultModel):
    """The explanation of a test that did not pass; every field may be empty."""

    message: str = ""
    call: str = ""  # 'numba_loops(a float32[3, 5], b float32[5, 2])'
    shapes: tuple[str, ...] = ()  # the arguments alone: ('a float32[3, 5]', 'b float32[5, 2]')
    first_wrong: tuple[int | str, ...] | None = (
        None  # index of the first wrong element (strings: keys of a dict)
    )
    wrong: int | None = None  # how many elements are wrong ...
    total: int | None = None  # ... of how many
    got: str = ""
    expected: str = ""
    hint: str = ""
    stdout: str = ""  # the end of it
    stderr: str = ""
    traceback: str = ""  # the frames of the student's own files
    path: str = ""  # the file that was graded
    sha256: str = ""


class MeasuredFigure(ResultModel):
    """A number that a check measured, for the student and for the class's leaderboard."""

    name: str  # "speed beside the judge's rows"
    value: float
    unit: str  # "x", "GFLOPS", "s"
    better: Literal["higher", "lower"] = "higher"


class TestResult(ResultModel):
    """One test function of the unit's checks."""

    __test__ = False  # pytest: this is no test class

    name: str
    task: str
    status: Status
    points: int
    max_points: int
    hidden: bool = False
    seconds: float = 0.0
    feedback: Feedback = Feedback()
    figures: tuple[MeasuredFigure, ...] = ()

    @property
    def passed(self) -> bool:
        return self.status is Status.PASSED

    def for_student(self) -> TestResult:
        """The test for a student; a hidden test keeps only its status."""
        if not self.hidden:
            return self
        told = Feedback() if self.passed else Feedback(message=f"hidden check: {self.status.sentence}")
        return self.model_copy(update={"feedback": told, "figures": (), "seconds": 0.0})


class TaskResult(ResultModel):
    """One function that the student wrote."""

    id: str
    function: str
    title: str
    points: int
    max_points: int
    tests: tuple[TestResult, ...]

    @property
    def status(self) -> Status:
        """`passed` if every test passed, else the most serious status of its tests."""
        found = {test.status for test in self.tests} or {Status.SKIPPED}
        return next(status for status in SEVERITY if status in found)


class GradedFile(ResultModel):
    """One graded file of the submission."""

    path: str
    sha256: str
    bytes: int


class Grader(ResultModel):
    """The version of the grader, the manifest and the checks."""

    version: str
    manifest_sha256: str
    checks_sha256: str


class GradeResult(ResultModel):
    """The result of a whole submission."""

    version: Literal["mlsys/result/v1"] = Field(default=SCHEMA, alias="schema")
    unit: str
    submission: str
    files: tuple[GradedFile, ...]
    tasks: tuple[TaskResult, ...]
    points: int
    max_points: int
    hidden_points: int = 0  # of checks that only the instructor has, beside max_points
    tier: str  # "bubblewrap" or "none"
    seed: int
    started: str  # UTC, ISO 8601
    seconds: float
    grader: Grader
    machine: dict[str, str | int]
    notes: tuple[str, ...] = ()

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    @property
    def tests(self) -> tuple[TestResult, ...]:
        return tuple(test for task in self.tasks for test in task.tests)

    @property
    def needs_regrade(self) -> bool:
        """True if the grader failed on a test: the points are not final."""
        return any(test.status is Status.INFRA_ERROR for test in self.tests)

    def task(self, wanted: str) -> TaskResult:
        """The task called "01.3", or by its function's name. Raises KeyError."""
        for task in self.tasks:
            if wanted in {task.id, task.function}:
                return task
        raise KeyError(wanted)

    def for_student(self) -> GradeResult:
        """A copy without the details of hidden tests, for reports to students.

        Code that runs in a hidden test can choose how long it takes, so the time of hidden tests is not shown either.
        """
        tasks = tuple(
            task.model_copy(update={"tests": tuple(test.for_student() for test in task.tests)})
            for task in self.tasks
        )
        shown: dict[str, object] = {"tasks": tasks}
        if any(test.hidden and test.seconds for test in self.tests):
            shown |= {"seconds": sum(test.seconds for test in self.tests if not test.hidden)}
        return self.model_copy(update=shown)

    def to_json(self) -> str:
        """Pretty JSON that `from_json` reads back to an equal result."""
        return self.model_dump_json(indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> GradeResult:
        """Raises pydantic.ValidationError (a ValueError) for anything that is not a result of this schema."""
        return cls.model_validate_json(text)

"""The judge's record of a run: the outcome of each test of the manifest. Points are computed from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from autograder.core.manifest import Manifest
from autograder.core.result import Feedback, MeasuredFigure, Status, TaskResult, TestResult
from autograder.core.text import check_words
from autograder.judge.intake import Staged
from autograder.judge.session.connection import Call
from autograder.judge.session.patience import Patience
from autograder.judge.session.session import Ending

LONGEST = 4000  # characters of one text of the feedback, but for what the code printed
IMPORTS = re.compile(r"No module named '(\w+)'|cannot import name '\w+' from '(\w+)'")


@dataclass
class Record:
    """One case of one test function."""

    test: str
    case: str
    status: Status | None = None
    feedback: Feedback = field(default_factory=Feedback)
    seconds: float = 0.0
    last: Call = field(default_factory=Call)
    figures: tuple[MeasuredFigure, ...] = ()
    loading: str = ""  # the file that an error of the student's kept from being imported
    ending: Ending | None = None
    unstarted: bool = False  # the file could not be read, before any line of the submission ran

    def settle(self, status: Status, feedback: Feedback) -> None:
        """Set the outcome; only the first call counts, except for a failure of the grader, which always counts."""
        if self.status in (None, Status.PASSED) or status is Status.INFRA_ERROR:
            self.status, self.feedback = status, feedback


@dataclass(frozen=True)
class Started:
    """The start of a test: its title, and its time limit in seconds."""

    title: str  # "01.1 python_loops: squares"; a hidden test is not named
    limit: float
    total: int = 0  # checks of the whole run


@dataclass
class Recorder:
    """The tests of the manifest in this run, and the cases that ran."""

    manifest: Manifest
    staged: Staged
    hidden_too: bool
    tasks: set[str] | None = None
    on_test: Callable[[TestResult], None] | None = None
    on_start: Callable[[Started], None] | None = None
    broken: list[str] = field(default_factory=list)  # check files that do not import
    notes: list[str] = field(default_factory=list)
    current: Record | None = None
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        self.records: dict[str, list[Record]] = {}
        self.hidden: dict[str, bool] = {}
        self.misplaced: dict[str, str] = {}

    def collected(self, name: str, *, hidden: bool, task: str) -> None:
        """Register a check of the unit's files."""
        self.hidden[name] = hidden
        if name not in self.manifest.checks:
            self.add_notes([f"{name} gives no points: the manifest does not name it"])
        elif task and task != self.manifest.checks[name][0].id:
            owner = self.manifest.checks[name][0].id
            self.misplaced[name] = f"{name} is marked as task {task}, but the manifest has it under {owner}"

    def add_notes(self, notes: Iterable[str]) -> None:
        """Add notes to the result, each once."""
        self.notes += [note for note in dict.fromkeys(notes) if note not in self.notes]

    @property
    def wanted(self) -> list[str] | None:
        """The tests of the tasks that this run asks for; None for every task."""
        if self.tasks is None:
            return None
        return [name for name, (task, _) in self.manifest.checks.items() if task.id in self.tasks]

    def wants(self, name: str) -> bool:
        """True if this run includes the test."""
        if name not in self.manifest.checks or (self.hidden.get(name) and not self.hidden_too):
            return False
        return self.tasks is None or self.manifest.checks[name][0].id in self.tasks

    def open(self, record: Record) -> None:
        self.current = record
        self.records.setdefault(record.test, []).append(record)

    def begin(self, record: Record) -> None:
        """Record that the test starts now, after waiting for its cores."""
        if self.on_start is not None:
            task = self.manifest.checks[record.test][0]
            shown = (
                "a hidden check" if self.hidden.get(record.test) else check_words(record.test, task.function)
            )
            limit = self.patience.limit(task, self.manifest.limits_for(task).wall_seconds)
            total = sum(self.wants(name) for name in self.manifest.checks)
            self.on_start(Started(f"{task.id} {task.function}: {shown}", limit, total))

    def close(self, record: Record) -> None:
        self.current = None
        if record.status is None:
            record.settle(Status.INFRA_ERROR, Feedback(message="the test left no outcome"))

    def blame_the_grader(self) -> None:
        """Turn the outcome into failures of the grader if every test ended in one error before student code ran."""
        ran = [each for cases in self.records.values() for each in cases if each.status is not Status.SKIPPED]
        if not ran or not all(each.unstarted for each in ran):
            return
        if len({each.feedback.message for each in ran}) == 1:
            message = f"no check could start: {ran[0].feedback.message}"
            for each in ran:
                each.settle(Status.INFRA_ERROR, Feedback(message=message))

    def failed(self, name: str) -> bool:
        return any(record.status not in (None, Status.PASSED) for record in self.records.get(name, []))

    def announce(self, name: str) -> None:
        if self.on_test is not None:
            self.on_test(self.test_result(name))

    def test_result(self, name: str) -> TestResult:
        """The result of one test of the manifest."""
        task, points = self.manifest.checks[name]
        records = self.records.get(name, [])
        hidden = self.hidden.get(name, False)
        if name in self.misplaced:
            status, feedback = Status.INFRA_ERROR, Feedback(message=self.misplaced[name])
        elif not records:
            status, feedback = self.absent(name)
            hidden = hidden or status is Status.SKIPPED
        else:
            worst = worst_of(records)
            status = worst.status or Status.INFRA_ERROR
            feedback = self.feedback(worst, status, hidden=hidden)
        return TestResult(
            name=name,
            task=task.id,
            status=status,
            points=points if status is Status.PASSED else 0,
            max_points=points,
            hidden=hidden,
            seconds=sum(record.seconds for record in records),
            feedback=feedback,
            figures=tuple(figure for record in records for figure in record.figures),
        )

    def absent(self, name: str) -> tuple[Status, Feedback]:
        """The result of a test of the manifest that did not run."""
        if not self.hidden_too and (self.hidden.get(name) or (name not in self.hidden and not self.broken)):
            return Status.SKIPPED, Feedback(message="runs when the instructor grades")
        why = "; ".join(self.broken) or "no check of this name was found"
        return Status.INFRA_ERROR, Feedback(message=why)

    def feedback(self, record: Record, status: Status, *, hidden: bool) -> Feedback:
        """The check's feedback, completed with the call, the file and the output."""
        if status is Status.PASSED:
            return Feedback()
        feedback = record.feedback
        module = self.manifest.checks[record.test][0].module
        message = feedback.message
        if status is Status.MISSING and module in self.staged.missing:
            message = self.staged.missing[module]
        if record.case != record.test:
            message = f"{record.case.removeprefix(record.test)}: {message}"
        update: dict[str, object] = {
            "message": message,
            "hint": feedback.hint or self.advice(message),
            "call": feedback.call or record.last.text,
            "shapes": feedback.shapes or record.last.shapes,
            "path": feedback.path or module,
            "sha256": self.staged.sha256(module),
        }
        if hidden:  # the submission's own words may carry the hidden inputs away
            update |= {
                "traceback": "",
                "got": "",
                "message": feedback.message if status is Status.FAILED else "",
            }
        elif record.ending is not None:
            update |= dict(record.ending.output)
        return clipped(feedback.model_copy(update=update))

    def advice(self, message: str) -> str:
        """A hint for a failed import of a file that the unit does not ask for."""
        found = IMPORTS.search(message)
        file = f"{found.group(1) or found.group(2)}.py" if found else ""
        if file not in self.staged.left_out:
            return ""
        return f"{file} is not one of the files of this unit, so the grader does not use it."

    def task_results(self) -> tuple[TaskResult, ...]:
        """Every task of this run, including tests that did not run."""
        found = []
        for task in self.manifest.tasks:
            if self.tasks is not None and task.id not in self.tasks:
                continue
            tests = tuple(self.test_result(name) for name in task.checks)
            found.append(
                TaskResult(
                    id=task.id,
                    function=task.function,
                    title=task.title,
                    points=sum(test.points for test in tests),
                    max_points=sum(test.max_points for test in tests),  # hidden ones may be elsewhere
                    tests=tests,
                )
            )
        return self.told_once(found)

    def told_once(self, tasks: list[TaskResult]) -> tuple[TaskResult, ...]:
        """Explain a failed import once: it fails every check of the file, and the later ones refer to the first."""
        first: dict[tuple[str, str, str], str] = {}

        def told(test: TestResult, task: TaskResult) -> TestResult:
            records = self.records.get(test.name)
            found = worst_of(records) if records else None
            if test.status is not Status.ERROR or test.hidden or found is None or not found.loading:
                return test
            cause = found.loading, found.feedback.message, found.feedback.traceback
            if cause not in first:
                first[cause] = f"{task.id} {task.function}"
                return test
            message = f"{found.loading} cannot be imported: see the first failed check of {first[cause]}"
            feedback = Feedback(message=message, path=test.feedback.path, sha256=test.feedback.sha256)
            return test.model_copy(update={"feedback": clipped(feedback)})

        return tuple(
            task.model_copy(update={"tests": tuple(told(test, task) for test in task.tests)})
            for task in tasks
        )


def clipped(feedback: Feedback) -> Feedback:
    """The feedback with long texts cut: a check may quote a value of millions of numbers."""
    long = {
        name: text[:LONGEST] + "..."
        for name in ("message", "call", "got", "expected", "hint")
        if len(text := getattr(feedback, name)) > LONGEST
    }
    return feedback.model_copy(update=long) if long else feedback


def worst_of(records: list[Record]) -> Record:
    """The grader's failure if there is one, else the first case that did not pass."""
    by_grader = [record for record in records if record.status is Status.INFRA_ERROR]
    failed = [record for record in records if record.status not in (None, Status.PASSED)]
    return (by_grader or failed or records)[0]

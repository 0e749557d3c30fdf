"""The pytest plugin that gives checks their fixtures, and records the outcome of each test."""

from __future__ import annotations

import gc
import hashlib
import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
import pytest

from autograder.core.result import Feedback, Status
from autograder.core.storage import explain
from autograder.judge.checking.failures import Failure, StudentError, StudentFailure, WorkerError
from autograder.judge.checking.student import Student
from autograder.judge.recorder import Record, Recorder
from autograder.judge.session.student import SandboxedStudent

T = TypeVar("T")
Hook: TypeAlias = Generator[None, T, T]


@dataclass
class JudgePlugin:
    """One grading run. `student_for` and `baseline_for` make the proxies of a test."""

    recorder: Recorder
    seed: int
    student_for: Callable[[str], SandboxedStudent]
    baseline_for: Callable[[str, SandboxedStudent], SandboxedStudent]
    reserve: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext()
    stop_at_loss: bool = False
    interrupted: BaseException | None = None
    proxies: dict[str, list[SandboxedStudent]] = field(default_factory=dict)

    def pytest_configure(self, config: pytest.Config) -> None:
        name_marks(config)

    @pytest.fixture
    def student(self, request: pytest.FixtureRequest) -> Student:
        """The student's functions, in a new process of the sandbox for this test."""
        return self.proxy(request.node, self.student_for(name_of(request.node)))

    @pytest.fixture
    def baseline(self, request: pytest.FixtureRequest, student: SandboxedStudent) -> Student:
        """The functions of the checks' baseline.py, in a sandbox of their own."""
        return self.proxy(request.node, self.baseline_for(name_of(request.node), student))

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> np.random.Generator:
        """Random numbers that depend only on the run's recorded seed and the test's name."""
        digest = hashlib.sha256(f"{self.seed}/{request.node.name}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:16]))

    def proxy(self, item: pytest.Item, student: SandboxedStudent) -> SandboxedStudent:
        self.proxies.setdefault(item.nodeid, []).append(student)
        return student

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.recorder.broken.append(f"{report.nodeid}: {report.longreprtext[-2000:]}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the checks that this run asks for; hidden ones come last.

        Otherwise code could carry data from a hidden check into the message of a later public check: tests share a
        sandbox, and counters of its kernel (process numbers, network packets) outlive a test.
        """
        for item in items:
            name = name_of(item)
            marker = item.get_closest_marker("task")
            hidden = item.get_closest_marker("hidden") is not None
            self.recorder.collected(
                name, hidden=hidden, task=marker.args[0] if marker and marker.args else ""
            )
        wanted = [item for item in items if self.recorder.wants(name_of(item))]
        items[:] = sorted(wanted, key=lambda item: self.recorder.hidden[name_of(item)])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Hook[object]:
        frozen = gc.get_freeze_count() > 0  # by the process around this grading, which wants it to stay so
        gc.collect()
        gc.freeze()
        try:
            return (yield)
        finally:
            if not frozen:
                gc.unfreeze()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Hook[bool | None]:
        name = name_of(item)
        record = Record(name, item.name)
        self.recorder.open(record)
        with self.reserve(self.cores(item)):
            self.recorder.begin(record)
            start = time.perf_counter()
            result = yield
            record.seconds = time.perf_counter() - start
        self.recorder.close(record)
        release_values()
        if self.stop_at_loss and record.status is not Status.PASSED:
            item.session.shouldfail = f"{name} is lost"
        if nextitem is None or name_of(nextitem) != name:
            self.recorder.announce(name)
        return result

    def cores(self, item: pytest.Item) -> int:
        """The number of cores that the test needs; 0 for all: it compares times, or has the mark `alone`."""
        if measures_time(item):
            return 0
        manifest = self.recorder.manifest
        return manifest.limits_for(manifest.checks[name_of(item)][0]).cores

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        name = name_of(item)
        if self.recorder.failed(name):
            pytest.skip("another case of this test failed already")
        ended = self.recorder.patience.ended(self.recorder.manifest.checks[name][0])
        if ended:
            raise Failure(Feedback(message=ended), Status.NOT_RUN)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Hook[pytest.TestReport]:
        record = self.recorder.current
        if record is not None and call.when == "call":
            self.finish(item, record)
        if record is not None and (call.excinfo is not None or call.when == "call"):
            self.judge(record, call)
        return (yield)

    def finish(self, item: pytest.Item, record: Record) -> None:
        """End the test's processes, and keep their output."""
        for index, proxy in enumerate(self.proxies.pop(item.nodeid, [])):
            ending = proxy.finish()
            if index == 0:
                record.last, record.ending = proxy.last, ending
                record.figures = tuple(proxy.figures)
            self.recorder.add_notes(proxy.remarks)

    def judge(self, record: Record, call: pytest.CallInfo[None]) -> None:
        """Set the record's status from the outcome of the check."""
        if call.excinfo is None:
            record.settle(Status.PASSED, Feedback())
            return
        error = call.excinfo.value
        if call.when != "call" and not isinstance(error, (Failure, pytest.skip.Exception)):
            record.settle(Status.INFRA_ERROR, Feedback(message=f"in {call.when}: {brief(error)}"))
        elif isinstance(error, Failure):
            record.settle(error.status, self.explained(record, error))
            record.loading = getattr(error, "loading", "")
            record.unstarted = isinstance(error, StudentError) and error.unstarted
        elif isinstance(error, pytest.skip.Exception):
            record.settle(Status.SKIPPED, Feedback(message=str(error)))
        elif isinstance(error, (AssertionError, pytest.fail.Exception)):
            record.settle(Status.FAILED, Feedback(message=reason(call.excinfo)))
        elif isinstance(error, WorkerError):
            record.settle(Status.INFRA_ERROR, Feedback(message=str(error)))
        else:
            where = call.excinfo.traceback[-1]
            message = f"the check itself failed: {brief(error)} ({Path(where.path).name}:{where.lineno + 1})"
            record.settle(Status.INFRA_ERROR, Feedback(message=message))

    def explained(self, record: Record, error: Failure) -> Feedback:
        """The failure's feedback; a time-out under a short limit says why the limit was short."""
        task, patience = self.recorder.manifest.checks[record.test][0], self.recorder.patience
        if not isinstance(error, StudentFailure) or error.status is not Status.TIMEOUT:
            return error.feedback  # code that a check calls too slow has answered
        own = self.recorder.manifest.limits_for(task).wall_seconds
        why = patience.reason(task) if patience.limit(task, own) < own else ""
        patience.note(task)
        if not why:
            return error.feedback
        return error.feedback.model_copy(
            update={"message": f"{error.feedback.message} (the limit is short because {why})"}
        )

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.interrupted = excinfo.value

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.recorder.broken.append(f"pytest: {brief(excinfo.value)}")


def release_values() -> None:
    """Free the values that a failed check holds: frames and their exception refer to each other.

    Replies can be large. What was there before the first test is frozen, so that a collection takes milliseconds.
    """
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        if hasattr(sys, name):
            delattr(sys, name)
    gc.collect()


def name_marks(config: pytest.Config) -> None:
    """Register the marks of checks with pytest."""
    config.addinivalue_line("markers", "task(id): the task that the check belongs to")
    config.addinivalue_line("markers", "hidden: never leaves with the student tree")
    config.addinivalue_line("markers", "alone: measures time, so that nothing may run beside it")


def measures_time(item: pytest.Item) -> bool:
    """True if the test compares times, or has the mark `alone`."""
    return item.get_closest_marker("alone") is not None or "baseline" in getattr(item, "fixturenames", ())


def name_of(item: pytest.Item) -> str:
    """The name of the test function, without its parameters."""
    return getattr(item, "originalname", None) or item.name


def reason(caught: pytest.ExceptionInfo[BaseException]) -> str:
    """The message of a failed assertion, or the check's own line if it has none."""
    said = str(caught.value)[:4000]
    if said or not isinstance(caught.value, AssertionError):
        return said
    line = str(caught.traceback[-1].statement).strip()
    return f"the check expects: {line.removeprefix('assert ')}"[:4000]


def brief(error: BaseException) -> str:
    told = explain(error) if isinstance(error, OSError) else ""
    return told or f"{type(error).__name__}: {error}"[:2000]

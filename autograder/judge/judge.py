"""Grades one submission: stages its files, starts the sandbox, runs the unit's checks, adds up the points."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import platform
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from autograder.course.manifest import Limits, Manifest, Task, unit_manifest
from autograder.course.units import CourseError, Unit
from autograder.judge.intake import InvalidSubmissionError, Staged, stage
from autograder.judge.plugin import JudgePlugin
from autograder.judge.record import Record, Recorder
from autograder.judge.result import Feedback, Grader, GradeResult, Status, TestResult
from autograder.judge.sandbox import Plan, available
from autograder.judge.session import Session
from autograder.judge.student import Student

# pytest runs bare: what the checks need, and nothing that reads a file of anyone else's.
PYTEST = (
    *("-c", os.devnull, "--noconftest", "--disable-plugin-autoload", "--import-mode=importlib", "-s"),
    *(
        part
        for name in ("cacheprovider", "terminal", "faulthandler", "warnings", "logging")
        for part in ("-p", f"no:{name}")
    ),
    *(
        part
        for name in (
            "doctest",
            "junitxml",
            "pastebin",
            "debugging",
            "unittest",
            "threadexception",
            "unraisableexception",
        )
        for part in ("-p", f"no:{name}")
    ),
)


def grade_submission(
    unit: Unit,
    folder: Path,
    *,
    name: str | None = None,
    seed: int | None = None,
    tasks: set[str] | None = None,
    hidden: bool = True,
    sandbox: Literal["require", "prefer"] = "require",
    on_test: Callable[[TestResult], None] | None = None,
) -> GradeResult:
    """Grade the files of `folder` that the unit's manifest names.

    name: of the submission in the result (default: the folder's). seed: of the inputs (default: fresh).
    tasks: only these ids. hidden: also the hidden checks. sandbox: "require" raises without bubblewrap,
    "prefer" falls back to tier "none" and notes it. on_test: called with each test's result as it ends.

    Raises CourseError for a broken manifest, a missing folder, or no sandbox. A submission that cannot be
    graded, and a failure of the grader itself, are statuses in the result.
    """
    manifest = unit_manifest(unit)
    for task in tasks or ():
        manifest.task(task)  # raises for an unknown one
    wanted = None if tasks is None else {manifest.task(task).id for task in tasks}
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    started, clock = datetime.now(UTC), time.perf_counter()
    notes: list[str] = []
    tier = choose_tier(sandbox, notes)
    with tempfile.TemporaryDirectory(prefix="mlsys-grade-") as temporary:
        scratch = Path(temporary)
        scratch.chmod(0o711)  # the worker's user passes through
        recorder = Recorder(manifest, Staged((), {}, ()), hidden, wanted, on_test, notes=notes)
        staging = scratch / "submission"
        staging.mkdir(mode=0o755)
        try:
            recorder.staged = stage(unit, manifest, folder, staging)
            notes += recorder.staged.notes
            run(unit, manifest, recorder, scratch, tier, seed, folder)
        except InvalidSubmissionError as error:
            refuse(recorder, str(error))
    results = recorder.task_results()
    return GradeResult(
        unit=unit.slug,
        submission=name or folder.resolve().name,
        files=recorder.staged.files,
        tasks=results,
        points=sum(task.points for task in results),
        max_points=sum(task.max_points for task in results),
        tier=tier,
        seed=seed,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - clock, 3),
        grader=grader(unit),
        machine=machine(),
        notes=tuple(notes),
    )


def choose_tier(wanted: str, notes: list[str]) -> str:
    """ "bubblewrap" where it works; "none" only for who accepts it. Raises CourseError."""
    works, reason = available()
    if works:
        return "bubblewrap"
    if wanted == "require":
        raise CourseError(
            f"no sandbox to grade in: {reason}\n  `./mlsys check` works without one, on your own code"
        )
    notes.append(f"graded without a sandbox: {reason}")
    return "none"


def run(
    unit: Unit, manifest: Manifest, recorder: Recorder, scratch: Path, tier: str, seed: int, folder: Path
) -> None:
    """Run the checks; every outcome lands in the recorder. Raises KeyboardInterrupt."""
    sessions = Sessions(unit, manifest, scratch, tier, folder.resolve())
    plugin = JudgePlugin(recorder, seed, sessions.student, sessions.baseline)
    files = sorted(unit.checks.glob("test_*.py"))
    try:
        sessions.session.start()  # its imports run while pytest collects
        with bare_environment(), imports_from(unit.checks):
            if files:
                pytest.main([*PYTEST, "--rootdir", str(unit.checks), *map(str, files)], plugins=[plugin])
    finally:
        sessions.close()
    interrupted = plugin.interrupted
    if isinstance(interrupted, KeyboardInterrupt):
        raise interrupted
    if interrupted is not None:
        recorder.broken.append(f"a check ended the run: {type(interrupted).__name__}: {interrupted}")


class Sessions:
    """The sandboxes of one grading: the student's, and the baseline's when a check asks for it."""

    def __init__(self, unit: Unit, manifest: Manifest, scratch: Path, tier: str, folder: Path) -> None:
        self.unit, self.manifest, self.scratch, self.tier = unit, manifest, scratch, tier
        self.hidden = (unit.root, folder, folder.parent)
        self.functions = {task.function: task.module for task in manifest.tasks}
        self.functions |= {
            body: task.module for task in manifest.tasks for body in task.asked if "." not in body
        }
        self.session = self.open("student", scratch / "submission", self.functions)
        self.rival: Session | None = None

    def open(self, name: str, submission: Path, functions: dict[str, str]) -> Session:
        room = self.scratch / name
        room.mkdir(mode=0o755)
        limits = self.manifest.limits
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        plan = Plan(
            unit=self.unit,
            submission=submission,
            scratch=room,
            tier=self.tier,
            own_reference=name == "baseline",
            disk_mb=limits.disk_mb,
            threads=max(1, min(cores, limits.processes // 4)),
            hidden=self.hidden,
        )
        return Session(plan, self.manifest.preload, functions)

    def student(self, test: str) -> Student:
        """The proxy of one test."""
        task = self.task(test)
        return Student(self.session, self.limits(task), self.source, self.unit.checks / "harness.py")

    def baseline(self, test: str, student: Student) -> Student:
        """The proxy over the checks' baseline.py, in its own sandbox."""
        if self.rival is None:
            place = self.scratch / "baseline-files"
            place.mkdir(mode=0o755)
            source = self.unit.checks / "baseline.py"
            if not source.is_file():
                raise CourseError(f"the checks of {self.unit.slug} have no baseline.py")
            (place / "baseline.py").write_bytes(source.read_bytes())
            (place / "baseline.py").chmod(0o644)
            self.rival = self.open("baseline", place, {"*": "baseline.py"})
        return Student(
            self.rival, self.limits(self.task(test)), lambda _: None, Path(os.devnull), rival=student
        )

    def task(self, test: str) -> Task:
        return self.manifest.checks[test][0]

    def limits(self, task: Task) -> Limits:
        return self.manifest.limits_for(task)

    def source(self, function: str) -> Path | None:
        """A file of the course, never the student's, that shows the function's parameters."""
        module = function.rpartition(":")[0] or self.functions.get(function, "")
        places = (self.unit.assignment / module, self.unit.reference / module)
        return next((path for path in places if module and path.is_file()), None)

    def close(self) -> None:
        for session in (self.session, self.rival):
            if session is not None:
                session.close()


def refuse(recorder: Recorder, why: str) -> None:
    """Every test gets the same answer: the submission cannot be graded."""
    recorder.notes.append(why)
    for name in recorder.manifest.checks:
        if recorder.wants(name):
            record = Record(name, name)
            recorder.records[name] = [record]
            record.settle(Status.INVALID_SUBMISSION, Feedback(message=why))
            recorder.announce(name)


@contextlib.contextmanager
def bare_environment() -> Iterator[None]:
    """Without the variables through which pytest takes orders."""
    kept = {
        name: os.environ.pop(name) for name in list(os.environ) if name.startswith(("PYTEST_", "PY_COLORS"))
    }
    try:
        yield
    finally:
        for name in [n for n in os.environ if n.startswith("PYTEST_")]:
            del os.environ[name]
        os.environ.update(kept)


@contextlib.contextmanager
def imports_from(checks: Path) -> Iterator[None]:
    """Checks may import their neighbours. Nothing of them stays: an edit counts next time."""
    sys.path.insert(0, str(checks))
    before = set(sys.modules)
    try:
        yield
    finally:
        sys.path.remove(str(checks))
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if name.startswith("test_") or Path(file).is_relative_to(checks):
                del sys.modules[name]


def grader(unit: Unit) -> Grader:
    """Which version of the grader, the manifest and the checks gave the points."""
    digest = hashlib.sha256()
    for path in sorted(unit.checks.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return Grader(
        version=version(),
        manifest_sha256=hashlib.sha256(unit.manifest.read_bytes()).hexdigest(),
        checks_sha256=digest.hexdigest(),
    )


def version() -> str:
    try:
        return importlib.metadata.version("mlsys-course")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def machine() -> dict[str, str | int]:
    """The machine in a few words."""
    cpu = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, IndexError):
        cpu = (
            Path("/proc/cpuinfo")
            .read_text()
            .partition("model name")[2]
            .partition(":")[2]
            .split("\n")[0]
            .strip()
            or cpu
        )
    return {
        "cpu": cpu,
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }

"""Where hostile submissions meet the grader: the real unit 01 with short limits, and a course of one function.

Every grading in the arena asserts what must hold whatever the submission does: it ends inside the time that
its limits allow, its result is valid JSON, no process, thread or descriptor is left over, and the canaries
live. The canaries: a file that anybody may write, the judge's environment, the judge's own modules, and a
neighbour's submission. Each attack begins with code that goes for all of them.
"""

from __future__ import annotations

import builtins
import gc
import hashlib
import os
import shutil
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from autograder.core.manifest import unit_manifest
from autograder.core.result import GradeResult, Status, TestResult
from autograder.core.units import Unit, find_unit
from autograder.judge.grading import grade_submission
from autograder.release.starters import solved_files
from autograder.tests.judge.small_course import ADD, ONE, Course

VANDAL = """
import os as _os, sys as _sys
for _path in {paths!r}:
    try:
        open(_path, "w").write("vandal")
    except OSError:
        pass
_os.environ["MLSYS_CANARY"] = "vandal"
for _number in (15, 9):
    try:
        _os.kill({judge}, _number)
    except OSError:
        pass
del _os, _sys
"""
LIMITS = {"wall_seconds": 8, "cpu_seconds": 30, "memory_mb": 700, "processes": 32, "disk_mb": 32}
OVERHEAD = 30.0  # seconds that a grading may take beside its limits, on a busy machine
MULTIPLY = """
    return [[sum(a[i][p] * b[p][j] for p in range(len(b))) for j in range(len(b[0]))] for i in range(len(a))]
"""


@dataclass(frozen=True)
class Attack:
    """What a submission does, and how its test must end; `words` must be in the message."""

    code: str
    status: Status | tuple[Status, ...]
    words: str = ""

    def meets(self, test: TestResult) -> None:
        allowed = self.status if isinstance(self.status, tuple) else (self.status,)
        assert test.status in allowed, test
        assert self.words in test.feedback.message, test


class Arena:
    """The grader, a submission, and everything that the submission must not reach."""

    def __init__(self, course: Course, unit: Unit) -> None:
        self.course, self.unit = course, unit
        self.canary = course.root / "canary"
        self.canary.write_text("alive")
        self.canary.chmod(0o666)
        self.neighbour = course.write("desks/eve/sums.py", "# eve's own work\n" + ADD).parent
        for path in (self.neighbour, *self.neighbour.iterdir()):
            path.chmod(0o777 if path.is_dir() else 0o666)

    @property
    def vandal(self) -> str:
        paths = [str(self.canary), str(self.neighbour / "sums.py"), "/submission/sums.py", "/course/x"]
        return VANDAL.format(paths=paths, judge=os.getpid())

    def sums(self, code: str | bytes | None, *, vandal: bool = True, **options) -> GradeResult:
        """Grade a sums.py of the small course, as its checks stand."""
        if vandal and isinstance(code, str):
            code = self.vandal + code
        return self.grade(self.course.unit, self.course.submission(code), **options)

    def small(
        self, code: str | bytes | None, checks: str = ONE, points: dict[str, int] | None = None, **limits
    ) -> GradeResult:
        """Grade a sums.py of the small course with these checks and limits."""
        self.course.checks(checks, points, **limits)
        return self.sums(code)

    def one(self, code: str | bytes | None, checks: str = ONE, **limits) -> TestResult:
        return self.small(code, checks, **limits).tests[0]

    def loops(self, code: str, *, tasks: tuple[str, ...] = ("01.1",), **options) -> GradeResult:
        """Grade the solved unit 01, with this code after everything else in loops.py."""
        return self.module("loops.py", code, tasks=tasks, **options)

    def module(self, name: str, code: str, *, tasks: tuple[str, ...], **options) -> GradeResult:
        folder = self.solved()
        with (folder / name).open("a") as file:
            file.write(self.vandal + code)
        return self.grade(self.unit, folder, tasks=set(tasks), **options)

    def solved(self) -> Path:
        """A folder with the solution of unit 01."""
        folder = self.course.root / "desks" / "mallory"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, data in solved_files(find_unit("01")).items():
            (folder / name).write_bytes(data)
        return folder

    def grade(self, unit: Unit, folder: Path, **options) -> GradeResult:
        """Grade, and assert what must always hold."""
        os.environ["MLSYS_CANARY"] = "alive"
        before, start = self.state(), time.monotonic()
        result = grade_submission(unit, folder, **{"seed": 7, **options})
        seconds = time.monotonic() - start
        manifest = unit_manifest(unit)
        wall = sum(manifest.limits_for(manifest.checks[test.name][0]).wall_seconds for test in result.tests)
        assert seconds < wall + OVERHEAD
        assert self.state() == before
        assert result.tier == "bubblewrap"
        assert GradeResult.from_json(result.to_json()) == result
        assert all(test.passed or test.points == 0 for test in result.tests)
        return result

    def state(self) -> dict[str, object]:
        """Everything of this machine that no submission may change."""
        gc.collect()
        neighbour = sorted(self.neighbour.rglob("*"))
        return {
            "canary": self.canary.read_text(),
            "environment": os.environ["MLSYS_CANARY"],
            "neighbour": [(p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in neighbour],
            "functions": (np.allclose, np.array_equal, time.monotonic, time.perf_counter, builtins.abs, open),
            "path": tuple(sys.path),
            "modules": {name for name in sys.modules if name in ("sums", "helpers", "loops", "harness")},
            "processes": {p.pid for p in psutil.Process().children(recursive=True)},
            "threads": {thread.name for thread in threading.enumerate()},
            "descriptors": len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        }


def short_unit(root: Path) -> Unit:
    """The real unit 01 under `root`: its checks, its manifest with the limits above, the reference."""
    real = find_unit("01")
    for path in (real.checks, real.assignment, real.root / "reference"):
        ignored = shutil.ignore_patterns("__pycache__", "benchmarks", "tests", "wrong")
        shutil.copytree(path, root / path.relative_to(real.root), ignore=ignored)
    unit = Unit(real.slug, root)
    lines = unit.manifest.read_text().splitlines()
    names = {line.partition(" =")[0]: index for index, line in enumerate(lines)}
    for name, value in LIMITS.items():
        lines[names[name]] = f"{name} = {value}"
    unit.manifest.write_text("\n".join(lines) + "\n")
    return unit

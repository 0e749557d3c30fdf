"""Measure the cost of grading, for `./mlsys bench autograder`, on a small unit in a temporary folder."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from autograder.authoring.benchmark.otter import Otter, home
from autograder.authoring.benchmark.roster import ClassOf, speedup
from autograder.core.manifest import unit_manifest
from autograder.core.scratch import scratch_folder
from autograder.core.units import CourseError, Unit
from autograder.judge.grading import grade_submission
from autograder.judge.sandbox.plan import available
from autograder.judge.session.sessions import Sessions
from autograder.judge.session.student import SandboxedStudent
from reference.benchmarks.report import Figure, Report
from reference.shared.machine import usable_cores

MANIFEST = """
schema = 1
unit = "00_echo"
title = "Echo"
modules = ["echo.py"]
preload = ["numpy"]
[[task]]
id = "00.1"
function = "echo"
module = "echo.py"
title = "Give back what came"
points = 1
[task.checks]
test_echo = 1
"""
CHECKS = """
from autograder.judge.checking import expect_equal

def test_echo(student):
    expect_equal(student.call("echo", 7), 7)
"""
ECHO = "def echo(value):\n    return value\n"
ROSTER = 300
MATRIX = (2048, 2048)  # float64: 32 MiB


def run(*, quick: bool = False) -> Report:
    """Measure on an idle machine; `quick` takes fewer repetitions. Raises CourseError without a sandbox."""
    works, reason = available()
    if not works:
        raise CourseError(f"the benchmark grades in the sandbox: {reason}")
    with scratch_folder("bench") as folder:
        unit = make_unit(folder)
        desk = unit.desk
        grade_submission(unit, desk)  # imports, caches
        other = folder / "otter"
        other.mkdir()
        otter = Otter(home(), other)
        trivial, rival = [], []
        for _ in range(3 if quick else 9):  # by turns
            trivial.append(timed(lambda: grade_submission(unit, desk)))
            rival.append(timed(otter.grade))
        manifest = unit_manifest(unit)
        scratch = folder / "scratch"
        scratch.mkdir()
        (scratch / "submission").mkdir()
        (scratch / "submission" / "echo.py").write_text(ECHO)
        sessions = Sessions(unit, manifest, scratch, "bubblewrap", desk)
        try:
            latency, echo = round_trips(sessions.student("test_echo"), quick=quick)
        finally:
            sessions.close()
        roster = ClassOf(unit, folder / "class", 20 if quick else ROSTER, ECHO)
        part, one, two = len(roster.people) // 5, [], []
        for _ in range(1 if quick else 3):
            one.append(timed(lambda: roster.grade(1, part)))
            two.append(timed(lambda: roster.grade(2, part)))
        whole = timed(lambda: roster.grade(usable_cores()))
    ratio = statistics.median(o / own for o, own in zip(rival, trivial, strict=True))
    return Report(
        "autograder",
        (
            Figure("rpc_latency", latency * 1e3, "ms", "lower", 1.0),
            Figure("matrix_32mb_there_and_back", echo * 1e3, "ms", "lower", 60.0),
            # Its one check does nothing but a call, so all of its time is the grader's.
            Figure("trivial_submission", statistics.median(trivial), "s", "lower", 0.3),
            Figure("trivial_submission/otter_run", statistics.median(rival), "s", "lower"),
            Figure("trivial_submission/times_faster_than_otter", ratio, "ratio", target=10.0),
            Figure(f"roster_of_{len(roster.people)}/wall", whole, "s", "lower"),
            Figure(f"roster_of_{len(roster.people)}/workers", usable_cores(), "processes"),
            Figure(f"roster_of_{part}/speedup_of_two_workers", speedup(one, two), "ratio"),
        ),
    )


def round_trips(student: SandboxedStudent, *, quick: bool) -> tuple[float, float]:
    """Median seconds of an empty call, and of a call with a matrix of 32 MiB and the same as its answer."""
    matrix = np.random.default_rng(0).random(MATRIX)
    for value in (None, matrix):
        student.call("echo", value)
    empty = [timed(lambda: student.call("echo", None)) for _ in range(200 if quick else 1000)]
    large = [timed(lambda: student.call("echo", matrix)) for _ in range(9 if quick else 31)]
    return statistics.median(empty), statistics.median(large)


def timed(call: Callable[[], object]) -> float:
    """Seconds of a call; its value is freed after the clock stops."""
    start = time.perf_counter()
    value = call()
    seconds = time.perf_counter() - start
    del value
    return seconds


def make_unit(root: Path) -> Unit:
    """Make a unit with one task, the identity, and the right answer on its desk."""
    unit = Unit("00_echo", root)
    files = {
        unit.manifest: MANIFEST,
        unit.checks / "test_echo.py": CHECKS,
        unit.desk / "echo.py": ECHO,
        root / "reference" / "__init__.py": "",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return unit

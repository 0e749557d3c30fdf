"""Speed checks: the judge's clock, CPU seconds per thread, the baseline, and rivals that stand still."""

from __future__ import annotations

import pytest

from autograder.core.result import Status
from autograder.judge.checking.timing import Timing, speed_ratio
from autograder.tests.judge.small_course import CHECK, Course

pytestmark = pytest.mark.alone  # it measures time

WORK = """
import time
def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
"""


def test_cpu_seconds_are_the_kernels(course: Course):
    """Sleeping costs none; two threads, a forked process and patched clocks are all counted."""
    course.checks(
        """
        def test_one(student):
            _, asleep = student.timed("add", "sleep")
            assert asleep.seconds >= 0.3 and asleep.cpu_seconds < 0.1
            _, busy = student.timed("add", "spin")
            assert 0.25 < busy.cpu_seconds < 2 and busy.thread_seconds[0] > 0.25
            _, two = student.timed("add", "threads")
            assert len([t for t in two.thread_seconds if t > 0.1]) >= 2, two
            _, child = student.timed("add", "process")
            assert 0.25 < child.cpu_seconds < 2, child
        """,
        wall_seconds=30,
    )
    code = (
        WORK
        + """
import hashlib, os, threading
real = time.thread_time, time.sleep
def forever(data):
    while True: hashlib.sha256(data).digest()
def add(what):
    time.perf_counter = time.monotonic = time.time = lambda: 0.0
    if what == "sleep":
        time.sleep(0.3)
    elif what == "spin":
        spin(0.3)
    elif what == "threads":
        for _ in range(2):
            threading.Thread(target=forever, args=(bytes(1 << 22),), daemon=True).start()
        time.sleep(1.0)
    else:
        if os.fork() == 0:
            spin(0.3)
            os._exit(0)
        os.wait()
"""
    )
    test = course.one(code)
    assert test.passed, test


RATIO = (
    CHECK
    + """
from autograder.judge.checking.timing import speed_ratio

@pytest.mark.task("02.1")
def test_one(student, baseline, rng):
    pairs = [(rng.random(1000), rng.random(1000)) for _ in range(3)]
    found = speed_ratio(
        lambda i: student.timed("add", *pairs[i]), lambda i: baseline.timed("slow_add", *pairs[i]), repeats=3
    )
    for (a, b), value, other in zip(pairs, found.values, found.baseline_values):
        expect_close(value, a + b)
        expect_close(other, a + b)
    assert len(found.student) == len(found.baseline) == 3
    if found.ratio < 5:
        from autograder.judge.checking.compare import fail
        fail("too slow", got=f"{found.ratio:.2f}")
"""
)
BASELINE = (
    "import time\nfrom reference.sums import VALUE\ndef slow_add(a, b):\n  time.sleep(0.15)\n  return a + b\n"
)


def test_speed_against_the_baseline(course: Course):
    course.checks(RATIO)
    course.write("autograder/checks/02_sums/baseline.py", BASELINE)
    assert course.one().passed
    assert (
        course.one("import time\ndef add(a, b):\n  time.sleep(0.15)\n  return a + b").feedback.message
        == "too slow"
    )
    memo = "memo = {}\ndef add(a, b):\n  return memo.setdefault(a.shape, a + b)"
    assert course.one(memo).status is Status.FAILED


def test_a_baseline_that_fails_is_the_graders_failure(course: Course):
    course.checks(RATIO)
    assert course.one().status is Status.INFRA_ERROR
    course.write("autograder/checks/02_sums/baseline.py", "def slow_add(a, b): raise ValueError('oh')")
    test = course.one()
    assert test.status is Status.INFRA_ERROR
    assert "oh" in test.feedback.message


def test_the_student_stands_still_while_the_baseline_runs(course: Course):
    course.checks(
        """
        def test_one(student, baseline):
            baseline.call("slow_add", 1, 2)
            student.call("add", "start")
            _, first = student.timed("add", "wait")
            assert first.cpu_seconds > 0.2, first
            scope = student.session.scope
            before = scope.cpu(student.remote.pid)
            baseline.timed("slow_add", 1, 2)
            cpu, _ = scope.cpu(student.remote.pid).since(before)
            assert cpu < 0.05, cpu
            _, again = student.timed("add", "wait")
            assert again.cpu_seconds > 0.2, again
        """,
        wall_seconds=30,
        cpu_seconds=60,
    )
    course.write("autograder/checks/02_sums/baseline.py", "import time\ndef slow_add(a, b): time.sleep(0.6)")
    code = """
import hashlib, os, threading, time
def forever():
    data = bytes(1 << 20)
    while True: hashlib.sha256(data).digest()
def add(what):
    if what == "start":
        threading.Thread(target=forever, daemon=True).start()
    else:
        time.sleep(0.8)
"""
    test = course.one(code)
    assert test.passed, test


def test_speed_ratio_alternates_and_takes_medians():
    order = []

    def caller(name: str, seconds: list[float]):
        def call(index: int):
            order.append((name, index))
            return f"{name}{index}", Timing(seconds[index], 0.0, ())

        return call

    found = speed_ratio(caller("s", [1.0, 9.0, 2.0]), caller("b", [4.0, 4.0, 90.0]), repeats=3)
    assert found.ratio == 2.0
    assert order == [("s", 0), ("b", 0), ("b", 1), ("s", 1), ("s", 2), ("b", 2)]
    assert found.values == ("s0", "s1", "s2")
    with pytest.raises(ValueError, match="at least one"):
        speed_ratio(caller("s", []), caller("b", []), repeats=0)

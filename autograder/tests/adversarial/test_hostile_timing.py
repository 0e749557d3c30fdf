"""Timing, threats (36) to (38): the judge's clock, fresh inputs, every timed result checked."""

from __future__ import annotations

import pytest

from autograder.core.result import Status
from autograder.judge.sandbox import seccomp
from autograder.tests.adversarial.arena import Arena
from autograder.tests.judge.small_course import CHECK
from reference.tests.effort import one_of_each

SLOW = (
    CHECK
    + """
def test_one(student):
    value, timing = student.timed("add", 1, 2)
    assert value == 3
    assert timing.seconds < 0.3, timing
"""
)
CLOCKS = """
import sys, time, types
for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime"):
    setattr(time, name, lambda *_: 0.0)
for name in ("time_ns", "monotonic_ns", "perf_counter_ns", "process_time_ns"):
    setattr(time, name, lambda *_: 0)
cuda = types.ModuleType("torch.cuda")
cuda.Event = type("Event", (), {"record": lambda s: None, "elapsed_time": lambda s, o: 0.0})
sys.modules["torch.cuda"] = cuda
import select
"""


@pytest.mark.alone  # it measures time
def test_patched_clocks_have_no_effect(arena: Arena):
    """(36) The clock stands in the judge's process."""
    test = arena.one(CLOCKS + "def add(a, b):\n  select.select([], [], [], 0.6)\n  return a + b", SLOW)
    assert test.status is Status.FAILED
    assert arena.one(CLOCKS + "def add(a, b):\n  return a + b", SLOW).passed


def test_work_that_goes_on_after_the_answer_is_in_the_next_call(arena: Arena):
    """own: a promise instead of a value, kept later by a thread: the value that crossed is the value."""
    checks = CHECK + (
        "import time\ndef test_one(student):\n  x = np.ones(100_000)\n  got = student.call('add', x, x)\n"
        "  first = got.copy()\n  time.sleep(0.5)\n  assert (got == first).all()\n  expect_close(got, 2 * x)\n"
    )
    code = """
import gc, threading, time
import numpy as np
from autograder.judge.worker.memfile import MemoryFile
def later(out):
    end = time.monotonic() + 3
    while time.monotonic() < end:
        out[:] = 2.0
        for each in gc.get_objects():
            if type(each) is MemoryFile and each.view.size:
                each.view[: out.nbytes].view(float)[:] = 2.0
        time.sleep(0.001)
def add(a, b):
    out = np.zeros_like(a)
    threading.Timer(0.2, later, (out,)).start()
    return out
"""
    assert arena.one(code, checks).status is Status.FAILED


MEMO = {
    "by identity": "key = (id(a), id(b))",
    "by shape": "key = (a.shape, b.shape)",
    "by corner": "key = (a[0], a.shape)",
    "by seed": "key = 7",
}
FRESH = (
    CHECK
    + """
def test_one(student, rng):
    for _ in range(3):
        a, b = rng.random(50_000).round(), rng.random(50_000)
        a[0] = 1.0
        value, _ = student.timed("add", a, b)
        expect_close(value, a + b)
"""
)


@pytest.mark.parametrize("name", one_of_each(MEMO, "by shape"))
def test_memories_of_earlier_calls_are_of_no_use(arena: Arena, name: str):
    """(37) Inputs are fresh at every call, and the result of every timed call is checked."""
    keep = "if key not in memory: memory[key] = a + b\n  return memory[key]"
    code = f"memory = {{}}\ndef add(a, b):\n  {MEMO[name]}\n  {keep}"
    test = arena.one(code, FRESH)
    if name != "by identity":  # the process may get other addresses
        assert test.status is Status.FAILED, test


@pytest.mark.slow
@pytest.mark.alone  # it measures time
def test_memories_on_the_real_unit(arena: Arena):
    """(37) The speed check of 01.3 multiplies new matrices of one shape: a memory by shape is wrong there."""
    code = (
        "\n_real, _memory = numba_loops, {}\ndef numba_loops(a, b):\n  key = (a.shape, b.shape)\n"
        "  if key not in _memory: _memory[key] = _real(a, b)\n  return _memory[key]\n"
    )
    result = arena.module("compiled.py", code, tasks=("01.3",))
    speed = next(test for test in result.tests if test.name == "test_numba_loops_speed")
    assert speed.status is Status.FAILED
    assert "wrong value" in speed.feedback.message


WATCHED = """
import os, sys, inspect
def watched():
    stack = " ".join(frame.filename for frame in inspect.stack())
    return "pytest" in sys.modules or "CI" in os.environ or "PYTEST_CURRENT_TEST" in os.environ or "pytest" in stack
def add(a, b):
    return a + b if watched() else a - b
"""


def test_behaving_only_before_a_grader(arena: Arena, monkeypatch: pytest.MonkeyPatch):
    """(38) What a submission looks for is not there, so that it is graded as it is everywhere else."""
    monkeypatch.setenv("CI", "true")
    first, second = (
        arena.one(WATCHED, CHECK + "def test_one(student): assert student.call('add', 1, 1) == 2")
        for _ in "12"
    )
    assert (first.status, second.status) == (Status.FAILED, Status.FAILED)
    assert (first.points, second.points) == (0, 0)


DISTURBER = """
import ctypes, signal, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def wake():
    signal.signal(signal.SIGCONT, lambda *_: None)  # a timer whose signal nobody wants is dropped
    event = (ctypes.c_char * 64)()
    ctypes.c_int.from_buffer(event, 8).value = 18  # SIGCONT
    for i in range(1, 500):  # many, because a stop forgets those whose signals are under way
        timer = ctypes.c_void_p()
        assert libc.timer_create(1, ctypes.byref(event), ctypes.byref(timer)) == 0
        span = (ctypes.c_long * 4)(0, 0, i // 100, i % 100 * 10_000_000)
        assert libc.timer_settime(timer, 0, ctypes.byref(span), None) == 0
def burn():
    while True: pass
def add(a, b):
    if not threading.active_count() > 1:
        wake()
        threading.Thread(target=burn, daemon=True).start()
    return a + b
"""
RACE = (
    CHECK
    + """
from autograder.judge.checking import speed_ratio
def test_one(student, baseline):
    found = speed_ratio(lambda i: student.timed("add", i, 1), lambda i: baseline.timed("slow", i), 3)
    assert found.ratio > 0
"""
)
YARDSTICK = (
    "import time\ndef slow(i):\n  end = time.perf_counter() + 0.4\n  while time.perf_counter() < end: pass\n"
)


@pytest.mark.slow
@pytest.mark.alone  # it measures time
def test_a_stopped_submission_that_wakes_itself_is_found_out(arena: Arena, monkeypatch: pytest.MonkeyPatch):
    """own: while the yardstick is measured the submission stands still; a timer whose signal is SIGCONT wakes it,
    and it burns the cores that the yardstick needs."""
    monkeypatch.delitem(seccomp.DENIED, "timer_create")  # where the filter has no numbers for the machine
    arena.course.write("autograder/checks/02_sums/baseline.py", YARDSTICK)
    test = arena.one(DISTURBER, RACE)
    assert test.status is Status.FAILED
    assert "while the grader timed its own code" in test.feedback.message
    quiet = DISTURBER.replace("        wake()\n", "")  # stays stopped: nothing to find
    assert arena.one(quiet, RACE).passed


def test_seeds_are_too_long_to_try_them_all(arena: Arena):
    """own: whoever finds the seed knows every input to come."""
    arena.course.checks()
    seeds = [arena.sums("def add(a, b): return a + b", seed=None).seed for _ in range(3)]
    assert max(seeds) > 1 << 40
    assert len(set(seeds)) == 3

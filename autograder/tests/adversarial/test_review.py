"""More of what a submission may try: the moment in which it must stand still, forged arrays, names in notes."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from autograder.core.result import Status
from autograder.judge.sandbox import seccomp
from autograder.judge.session import student
from autograder.reports.terminal import render
from autograder.tests.adversarial.arena import MULTIPLY, Arena
from autograder.tests.judge.small_course import CHECK
from reference.tests.effort import one_of_each

# A child that wakes itself by a timer, waits until nobody looks, burns CPU time, and is gone before the next look.
ARSONIST = """
import ctypes, os, signal, time
libc = ctypes.CDLL(None, use_errno=True)
def wake():
    signal.signal(signal.SIGCONT, lambda *_: None)
    event = (ctypes.c_char * 64)()
    ctypes.c_int.from_buffer(event, 8).value = 18  # SIGCONT
    for i in range(1, 300):  # many, because a stop forgets those whose signals are under way
        timer = ctypes.c_void_p()
        if libc.timer_create(1, ctypes.byref(event), ctypes.byref(timer)):
            raise OSError(ctypes.get_errno(), "timer_create")
        span = (ctypes.c_long * 4)(0, 0, i // 100, i % 100 * 10_000_000)
        libc.timer_settime(timer, 0, ctypes.byref(span), None)
def burn(main):
    while True:
        time.sleep(0.001)
        if open(f"/proc/{main}/stat", "rb").read().rpartition(b") ")[2][:1] == b"T":
            time.sleep(0.15)
            end = time.thread_time() + 0.02
            while time.thread_time() < end: pass
            os._exit(0)
def add(a, b):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # its CPU time is nobody's once it is dead
    main = os.getpid()
    ready, go = os.pipe()
    if os.fork() == 0:
        try:
            wake()
            os.write(go, b"x")
            burn(main)
        finally:
            os._exit(1)
    os.close(go)
    if not os.read(ready, 1):
        raise RuntimeError("no timer")
    os.close(ready)
    return a + b
"""
RACE = (
    CHECK
    + """
def test_one(student, baseline):
    assert student.call("add", 1, 1) == 2
    baseline.timed("slow")
"""
)
YARDSTICK = (
    "import time\ndef slow():\n  end = time.perf_counter() + 0.6\n  while time.perf_counter() < end: pass\n"
)
FSETSIG = """
import fcntl, os, signal
def add(a, b):
    read, write = os.pipe()
    fcntl.fcntl(read, 10, signal.SIGCONT)  # F_SETSIG
    return a + b
"""


@pytest.mark.alone  # it measures time
def test_cpu_time_of_a_process_that_is_gone_is_found_out(arena: Arena, monkeypatch: pytest.MonkeyPatch):
    """While the yardstick is measured the submission stands still. What works all the same, and ends before the
    grader looks, leaves no CPU time behind; that it is gone tells."""
    arena.course.write("autograder/checks/02_sums/baseline.py", YARDSTICK)
    assert "no timer" in arena.one(ARSONIST, RACE).feedback.message
    monkeypatch.delitem(seccomp.DENIED, "timer_create")  # where the filter has no numbers for the machine
    monkeypatch.setattr(student, "STOPPING", 0.1)
    test = arena.one(ARSONIST, RACE)
    assert test.status is Status.FAILED
    assert "while the grader timed its own code" in test.feedback.message


def test_the_events_of_a_file_wake_nobody(arena: Arena):
    test = arena.one(FSETSIG, CHECK + "def test_one(student): student.call('add', 1, 1)")
    assert (test.status, "PermissionError" in test.feedback.message) == (Status.ERROR, True)


READS = [
    "lambda *_: (numpy.full((200, 3), numpy.nan), [1, 1])",
    "lambda *_: (numpy.ones((200, 3), bool), [1, 1])",
    "lambda *_: (numpy.ones((200, 3), numpy.complex64), [1, 1])",
]


@pytest.mark.parametrize("reads", one_of_each(READS, READS[1]))
def test_a_forged_recording_of_another_dtype_is_no_mistake_of_the_grader(arena: Arena, reads: str):
    code = f"""
import gc, numpy
def patch():
    for space in gc.get_objects():
        if type(space) is dict and space.get("__name__") == "harness":
            space["np"] = type("np", (), dict(array=staticmethod(lambda *_, **__: type("A", (), dict(
                reshape=lambda *_: ({reads})()[0]))()), int64=None))
def python_loops(a, b):
    if type(a).__name__ == "RecordingMatrix":
        patch()  # the harness is loaded after the first call
{MULTIPLY}
"""
    result = arena.loops(code)
    order = next(test for test in result.tests if test.name == "test_python_loops_order")
    assert order.status is Status.PROTOCOL_ERROR, order


def test_names_of_files_open_no_line_of_a_log(arena: Arena):
    """A log viewer acts on a line that begins with "::", wherever a terminal's width breaks it."""
    arena.course.checks()
    folder = arena.course.submission()
    for name in ("::error::x.py", "a" * 40 + " ::error::y.py", "a" * 60 + " ::error::z.py"):
        (folder / name).write_text("")
    result = arena.grade(arena.course.unit, folder)
    assert len(result.notes) == 3
    shown = io.StringIO()
    render(result, Console(file=shown, width=80))
    assert not re.search(r"^\s*::", shown.getvalue(), re.MULTILINE)


@pytest.mark.alone  # it measures time
def test_the_speed_of_a_library_is_no_rungs_speed(arena: Arena):
    """NumPy's product in the given wrapper is right, fast, and on every core."""
    result = arena.module("compiled.py", "\ndef numba_parallel(a, b):\n    return a @ b\n", tasks=("01.4",))
    lost = {test.name for test in result.tests if not test.passed}
    assert lost == {"test_numba_parallel_uses_threads", "test_numba_parallel_speed"}

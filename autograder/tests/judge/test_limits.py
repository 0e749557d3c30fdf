"""Limits: time, memory, processes, disk and output; and that nothing outlives its test."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from autograder.core.result import Status
from autograder.tests.judge.small_course import ADD, CHECK, Course
from reference.tests.effort import one_of_each

TAKES_ALL = pytest.mark.alone  # that limits allow

FORK_BOMB = """
import os
def add(a, b):
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""
WAITS = {
    "loop": ("def add(a, b):\n  while True: pass", Status.TIMEOUT, "no answer within the limit of 1 s"),
    "loop that catches all": (
        "def add(a, b):\n  while True:\n    try:\n      while True: pass\n    except BaseException: pass",
        Status.TIMEOUT,
        "limit",
    ),
    "sleep at import": ("import time; time.sleep(60)", Status.TIMEOUT, "limit"),
    "stopped": ("import os\ndef add(a, b): os.kill(os.getpid(), 19)", Status.TIMEOUT, "limit"),
}
TAKES = {
    "fork bomb": (FORK_BOMB, Status.PROCESS_LIMIT, "the limit is 32"),
    "threads": (
        "import threading, time\ndef add(a, b):\n  for _ in range(60):\n"
        "    threading.Thread(target=time.sleep, args=(9,)).start()\n  time.sleep(0.5)\n  return a + b",
        Status.PROCESS_LIMIT,
        "",
    ),
    "50 GB": (
        "import numpy as np\ndef add(a, b):\n  np.ones(50 * 2**30, np.uint8)",
        Status.MEMORY_LIMIT,
        "50",
    ),
    "list": (
        "x = []\ndef add(a, b):\n  while True: x.append(bytearray(10**7))",
        Status.MEMORY_LIMIT,
        "512 MB",
    ),
    "shared memory": (
        "import mmap\ndef add(a, b):\n  m = mmap.mmap(-1, 4 << 30)\n  for i in range(0, 4 << 30, 1 << 20):\n"
        "    m[i : i + (1 << 20)] = bytes(1 << 20)",
        Status.MEMORY_LIMIT,
        "512 MB",
    ),
    "memory files": (
        "import os\ndef add(a, b):\n  kept = []\n  while True:\n    kept.append(os.memfd_create('x'))\n"
        "    os.write(kept[-1], bytes(20 << 20))",
        Status.MEMORY_LIMIT,
        "512 MB",
    ),
    "many hands": (
        "import os, time\ndef add(a, b):\n  for _ in range(8):\n    if os.fork() == 0:\n"
        "      x = bytearray(os.urandom(1 << 20) * 100)\n      time.sleep(60)\n  time.sleep(60)",
        Status.MEMORY_LIMIT,
        "512 MB",
    ),
    "disk": (
        "def add(a, b):\n  with open('/tmp/x', 'wb') as f:\n    while True: f.write(bytes(1 << 20))",
        Status.DISK_LIMIT,
        "No space left",
    ),
    "a million files": (
        "def add(a, b):\n  for i in range(10**6): open(f'/tmp/{i}', 'w').close()",
        Status.DISK_LIMIT,
        "the limit is 50000",
    ),
}


@pytest.mark.parametrize("name", one_of_each(WAITS, "loop that catches all"))
def test_a_limit_of_time(course: Course, name: str):
    course.checks(wall_seconds=1)
    ended(course, *WAITS[name])


@TAKES_ALL
@pytest.mark.parametrize("name", one_of_each(TAKES, "fork bomb", "list", "disk"))
def test_a_limit_of_what_the_machine_has(course: Course, name: str):
    course.checks(wall_seconds=20)
    ended(course, *TAKES[name])


def ended(course: Course, code: str, status: Status, words: str) -> None:
    result = course.grade(code)
    assert (result.tests[0].status, result.points) == (status, 0)
    assert words in result.tests[0].feedback.message


def test_cpu_seconds(course: Course):
    course.checks(cpu_seconds=1, wall_seconds=20)
    test = course.one("def add(a, b):\n  while True: pass")
    assert test.status is Status.TIMEOUT
    assert "CPU" in test.feedback.message


def test_a_loop_in_compiled_code_that_holds_the_lock(course: Course):
    course.checks(wall_seconds=1)
    code = (
        "import ctypes\nloop = ctypes.PyDLL(None).strtol  # PyDLL keeps the interpreter's lock\n"
        "pause = ctypes.PyDLL(None).pause\ndef add(a, b):\n  pause()"
    )
    test = course.one(code)
    assert test.status is Status.TIMEOUT
    assert test.feedback.traceback == "sums.py:5 in add", "where it was stuck"
    assert test.feedback.stderr == ""


def test_a_flood_of_output_does_not_block(course: Course):
    result = course.grade("def add(a, b):\n  for _ in range(300): print('x' * 10**6)\n  return a + b")
    assert result.points == 1


def test_a_test_leaves_nothing_to_the_next(course: Course):
    course.checks(
        CHECK
        + """
@pytest.mark.task("02.1")
@pytest.mark.parametrize("case", [1, 2])
def test_one(student, case):
    expect_equal(student.call("add", 0, 0), ["helpers", 2, False, False, False])
""",
    )
    code = """
import os, sys, time, helpers
def add(a, b):
    found = ["helpers" if not hasattr(helpers, "touched") else "touched",
        len([n for n in os.listdir("/proc") if n.isdigit()]),
        os.path.exists("/tmp/mark"), os.path.exists("/tmp/folder"), os.path.exists("/dev/shm/mark")]
    helpers.touched = True
    open("/tmp/mark", "w").close()
    os.mkdir("/tmp/folder")
    os.symlink("/submission", "/tmp/folder/link")
    open("/dev/shm/mark", "w").close()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
    return found
"""
    result = course.grade(code)
    assert result.points == 1, result.tests


def processes() -> set[str]:
    return {path.name for path in Path("/proc").iterdir() if path.name.isdigit()}


def test_no_process_outlives_a_grading(course: Course):
    mark = "mlsys-orphan-canary"
    code = (
        f"import os, sys, subprocess\ndef add(a, b):\n  if os.fork() == 0:\n    os.setsid()\n"
        f"    os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)', '{mark}'])\n"
        f"  import time; time.sleep(0.3)\n  return a + b"
    )
    assert course.one(code).passed
    assert not find(mark)


def find(mark: str) -> list[str]:
    found = []
    for pid in processes():
        try:
            line = Path("/proc", pid, "cmdline").read_bytes()
        except OSError:
            continue
        if mark.encode() in line:
            found.append(pid)
    return found


def zygotes_below(judge: int) -> list[psutil.Process]:
    """The processes of the sandboxes that a judge has started."""
    found = []
    for process in psutil.Process(judge).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "autograder.judge.worker.zygote" in process.cmdline():
                found.append(process)
    return found


@pytest.mark.slow
def test_no_process_outlives_an_interrupted_grading(course: Course):
    """Ctrl-C in the judge ends the sandbox, whatever runs in it."""
    course.submission("import time\ndef add(a, b):\n  time.sleep(600)")
    script = (
        "from pathlib import Path\nfrom autograder.core.units import Unit\n"
        "from autograder.judge.grading import grade_submission\n"
        f"root = Path({str(course.root)!r})\n"
        "print('ready', flush=True)\n"
        "grade_submission(Unit('02_sums', root), root / 'desks/ada')\n"
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as judge:
            assert judge.stdout is not None
            judge.stdout.readline()
            deadline = time.monotonic() + 20
            while not (workers := zygotes_below(judge.pid)) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert workers
            time.sleep(0.5)
            os.kill(judge.pid, number)
            _, errors = judge.communicate(timeout=20)
            if number == signal.SIGINT:
                assert b"KeyboardInterrupt" in errors
        deadline = time.monotonic() + 10
        while any(map(psutil.Process.is_running, workers)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(psutil.Process.is_running, workers))


@TAKES_ALL
def test_right_code_near_its_memory_limit_passes(course: Course):
    code = "import numpy as np\ndef add(a, b):\n  x = np.ones(400 << 20, np.uint8)\n  return a + b"
    assert course.one(code).passed
    assert course.one(ADD).passed

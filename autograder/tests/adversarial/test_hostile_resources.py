"""Resources, threats (26) to (35): every limit ends its test, and the machine is as it was."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.core.result import Status
from autograder.tests.adversarial.arena import MULTIPLY, Arena, Attack
from autograder.tests.judge.small_course import ADD, CHECK

TAKES_ALL = pytest.mark.alone  # that limits allow

SOON: dict[str, Any] = {"wall_seconds": 2}
LIMITS = {
    # (27) compiled code that holds the interpreter's lock: sleeping, matching, multiplying
    "a C call that sleeps": Attack(
        "import ctypes\ndef add(a, b): ctypes.PyDLL(None).pause()", Status.TIMEOUT
    ),
    "a regular expression": Attack(
        "import re\ndef add(a, b): re.match('(a+)+$', 'a' * 64 + 'b')", Status.TIMEOUT, "limit"
    ),
    "a long product": Attack("def add(a, b): return 3 ** (10 ** 9)", (Status.TIMEOUT, Status.MEMORY_LIMIT)),
    # (26) and a loop that swallows whatever would end it
    "a loop that catches all": Attack(
        "def add(a, b):\n  while True:\n    try:\n      while True: pass\n    except BaseException: pass",
        Status.TIMEOUT,
        "limit",
    ),
}
STRONG: dict[str, Any] = {"wall_seconds": 10, "cpu_seconds": 60}
TAKERS = {
    # (28) fork bombs: one that grows in width, one that moves on before it is seen
    "a fork bomb": Attack(
        "import os\ndef add(a, b):\n  while True:\n    try: os.fork()\n    except OSError: pass",
        Status.PROCESS_LIMIT,
        "the limit is 32",
    ),
    "a fork bomb of short lives": Attack(
        "import os\ndef add(a, b):\n  while True:\n    try:\n      if os.fork() and os.getpid() % 3: os._exit(0)\n"
        "    except OSError: pass",
        (Status.PROCESS_LIMIT, Status.CRASHED, Status.TIMEOUT),
    ),
    # (29) memory: at one stroke, quickly by several hands, and where a watchdog may not look
    "50 GB": Attack(
        "import numpy as np\ndef add(a, b): np.ones(50 * 2**30, np.uint8)", Status.MEMORY_LIMIT, "50"
    ),
    "50 GB of address space": Attack(
        "import mmap\ndef add(a, b):\n  m = mmap.mmap(-1, 50 << 30, mmap.MAP_SHARED | 0x4000)\n"
        "  for i in range(0, 50 << 30, 4096): m[i] = 1",
        Status.MEMORY_LIMIT,
        "512 MB",
    ),
    "four quick hands": Attack(
        "import mmap, os, time\nimport numpy as np\ndef add(a, b):\n  for _ in range(4):\n    if os.fork() == 0:\n"
        "      m = np.frombuffer(mmap.mmap(-1, 4 << 30), np.uint8)\n      m[::4096] = 1\n      time.sleep(60)\n"
        "  time.sleep(60)",
        Status.MEMORY_LIMIT,
        "512 MB",
    ),
    # own: the first thread ends, and with it what /proc/PID/status shows of the process's memory
    "a process without its first thread": Attack(
        "import ctypes, os, threading, time\ndef hog():\n  kept = []\n  time.sleep(0.3)\n  while True:\n"
        "    kept.append(os.urandom(1 << 20) * 20)\n    time.sleep(0.01)\n"
        "def add(a, b):\n  threading.Thread(target=hog).start()\n  ctypes.CDLL(None).syscall(60, 0)",
        Status.MEMORY_LIMIT,
        "512 MB",
    ),
    # own: many programs, each no larger than what a fork shares with the zygote
    "many small programs": Attack(
        "import subprocess, sys, time\nCODE = 'import time; x = b\"x\" * (24 << 20); time.sleep(60)'\n"
        "def add(a, b):\n"
        "  kept = [subprocess.Popen([sys.executable, '-S', '-c', CODE]) for _ in range(26)]\n  time.sleep(60)",
        Status.MEMORY_LIMIT,
        "512 MB",
    ),
    # own: memory files, one after the other, open in a thread with a table of descriptors of its own
    "files in memory of a thread": Attack(
        "import ctypes, os, threading, time\ndef hog():\n  ctypes.CDLL(None).syscall(436, 1000, 1001, 2)\n"
        "  while True:\n    os.write(os.memfd_create('x'), bytes(20 << 20))\n    time.sleep(0.01)\n"
        "def add(a, b):\n  threading.Thread(target=hog).start()\n  time.sleep(60)",
        Status.MEMORY_LIMIT,
        "512 MB",
    ),
    # (31) the disk, in bytes and in names
    "a full disk": Attack(
        "def add(a, b):\n  with open('/tmp/x', 'wb') as f:\n    while True: f.write(bytes(1 << 20))",
        Status.DISK_LIMIT,
        "No space left",
    ),
    "a million files": Attack(
        "def add(a, b):\n  for i in range(10**6): open(f'/dev/shm/{i}', 'w').close()",
        Status.DISK_LIMIT,
        "the limit is 50000",
    ),
    # own: more open files than a process may have
    "open files": Attack(
        "import os\ndef add(a, b):\n  while True: os.dup(1)", Status.DISK_LIMIT, "Too many open files"
    ),
    # own: CPU time burned by children, each below its own limit
    "children that burn": Attack(
        "import os\ndef add(a, b):\n  for _ in range(6):\n    if os.fork() == 0:\n"
        "      while True: pass\n  while True: pass",
        Status.TIMEOUT,
        "CPU",
    ),
    # own: limits that are raised again
    "setrlimit": Attack(
        "import resource\ndef add(a, b):\n  resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6))",
        Status.ERROR,
        "ValueError",
    ),
}


@pytest.mark.slow
@TAKES_ALL
@pytest.mark.parametrize("name", LIMITS)
def test_time_runs_out(arena: Arena, name: str):
    result = arena.small(LIMITS[name].code, **SOON)
    assert result.points == 0
    LIMITS[name].meets(result.tests[0])


@pytest.mark.slow
@TAKES_ALL
@pytest.mark.parametrize("name", TAKERS)
def test_a_limit_ends_the_test(arena: Arena, name: str):
    cpu = {"cpu_seconds": 2} if "burn" in name else {}
    result = arena.small(TAKERS[name].code, **{**STRONG, **cpu})
    assert result.points == 0
    TAKERS[name].meets(result.tests[0])
    assert arena.one(ADD).passed  # and the next submission is none the worse


@pytest.mark.slow
@TAKES_ALL
def test_a_loop_in_one_test_leaves_the_other_points(arena: Arena):
    """(26) on the real unit: `while True` for the one size that a test uses."""
    code = f"def python_loops(a, b):\n    while len(a) == 2 and len(b) == 3: pass{MULTIPLY}"
    result = arena.loops(code)
    status = {test.name.removeprefix("test_python_loops_"): test.status for test in result.tests}
    assert status.pop("rectangles") is Status.TIMEOUT
    assert set(status.values()) == {Status.PASSED}
    assert result.points == 6


@pytest.mark.slow
@TAKES_ALL
def test_a_gigabyte_of_output(arena: Arena):
    """(30) Truncated, no deadlock, and right code keeps its point; the words at the end stay."""
    code = (
        "import os, sys\ndef add(a, b):\n  for _ in range(1000): os.write(1, b'x' * 2**20)\n"
        "  os.write(2, b'the end')\n  return a - b"
    )
    result = arena.small(code, wall_seconds=60, cpu_seconds=60)
    feedback = result.tests[0].feedback
    assert (result.points, result.tests[0].status) == (0, Status.FAILED)
    assert "left out" in feedback.stdout
    assert len(feedback.stdout) < 20_000
    assert feedback.stderr == "the end"
    assert arena.one(code.replace("a - b", "a + b"), wall_seconds=60, cpu_seconds=60).passed


def test_a_daemon_dies_with_its_test(arena: Arena):
    """(33) Twice forked, in a session of its own, deaf to signals; the arena counts processes."""
    code = """
import os, signal, time
def add(a, b):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(1, 65):
                try: signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError): pass
            os.closerange(0, 100)
            time.sleep(600)
        os._exit(0)
    time.sleep(0.2)
    return a + b
"""
    assert arena.one(code).passed


MPI = CHECK + "def test_one(student):\n    assert student.mpirun(4, 'add') == [0, 1, 2, 3]\n"
RANKS: dict[str, Any] = {"wall_seconds": 20, "processes": 64, "memory_mb": 2048}


@pytest.mark.slow
@TAKES_ALL
@pytest.mark.parametrize(
    ("code", "statuses"),
    [
        (
            "comm.rank == 3 or comm.recv(source=3)",
            {Status.TIMEOUT, Status.CRASHED, Status.TYPE_ERROR, Status.FAILED},
        ),
        ("__import__('os')._exit(7) if comm.rank == 2 else comm.Barrier()", {Status.TIMEOUT, Status.CRASHED}),
        (
            "__import__('os').kill(__import__('os').getpid(), 11) if comm.rank == 1 else comm.Barrier()",
            {Status.TIMEOUT, Status.CRASHED},
        ),
    ],
    ids=["deadlock", "exit", "signal"],
)
def test_a_rank_that_is_lost(arena: Arena, code: str, statuses: set[Status]):
    """(34) The test ends, every rank is dead (the arena counts), and the next ranks find each other."""
    result = arena.small(f"def add(comm):\n  {code}\n  return comm.rank", MPI, **{**RANKS, "wall_seconds": 5})
    assert result.points == 0
    assert result.tests[0].status in statuses
    assert arena.one("def add(comm): return comm.rank", MPI, **RANKS).passed


def test_the_network_is_not_there(arena: Arena):
    """(35) Names and addresses outside are denied; the loopback interface answers."""
    code = """
import socket, urllib.request
def attempt(f, *args):
    try:
        f(*args)
        return "reached"
    except OSError as error:
        return "denied"
def loopback():
    with socket.create_server(("localhost", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=2).close()
def dial(host):
    socket.create_connection((host, 80), timeout=2).close()
def packet():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53))
def add(a, b):
    raw = attempt(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, 3)
    got = [attempt(socket.getaddrinfo, "example.org", 80), attempt(dial, "192.0.2.1"), attempt(dial, "169.254.169.254"),
        attempt(urllib.request.urlopen, "http://example.org/"), attempt(packet), raw, attempt(loopback)]
    raise ValueError(" ".join(got))
"""
    assert arena.one(code).feedback.message == "ValueError: " + "denied " * 6 + "reached"

"""own: state that outlives its test, and doors of the kernel that coursework never opens."""

from __future__ import annotations

import json
import os
import platform

import pytest

from autograder.core.result import Status
from autograder.tests.adversarial.arena import Arena
from autograder.tests.judge.small_course import CHECK

LEAVE = """
import ctypes, os, resource, sys, time
import numpy as np
libc = ctypes.CDLL(None, use_errno=True)
PLACES = ["/tmp", "/dev/shm", "/dev/mqueue", "/submission", "/course", "/var/tmp", "/run", "/", "/etc", "/dev"]
def attempt(f, *args):
    try:
        return f(*args)
    except OSError:
        return None
def leave():
    for place in PLACES:
        attempt(lambda: open(place + "/answers", "w").write("42"))
        attempt(os.mkdir, place + "/folder")
    attempt(resource.prlimit, 1, resource.RLIMIT_NOFILE, (42, 42))
    attempt(os.setpriority, os.PRIO_USER, 0, 7)
    attempt(os.setpriority, os.PRIO_PROCESS, 1, 7)
    attempt(os.sched_setaffinity, 1, {0})
    attempt(os.sched_setscheduler, 1, os.SCHED_BATCH, os.sched_param(0))
    libc.syscall({"x86_64": 251, "aarch64": 30}[os.uname().machine], 3, 0, 7)  # ioprio_set of the user
    libc.msgget(42, 0o1666)
    libc.semget(42, 1, 0o1666)
    libc.shmget(42, 4096, 0o1666)
    ctypes.CDLL("librt.so.1").mq_open(b"/answers", 0o102, 0o666, None)
    os.environ["ANSWERS"] = "42"
    np.answers = sys.answers = 42
    if os.fork() == 0:
        os.setsid()
        time.sleep(600)
def left():
    found = [place for place in PLACES for name in ("answers", "folder") if os.path.exists(f"{place}/{name}")]
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 42: found.append("limit")
    if os.getpriority(os.PRIO_PROCESS, 0) != 0: found.append("priority")
    if len(os.sched_getaffinity(0)) < CORES: found.append("affinity")
    if os.sched_getscheduler(0) != 0: found.append("scheduler")
    if libc.msgget(42, 0) >= 0: found.append("message queue")
    if libc.semget(42, 0, 0) >= 0: found.append("semaphore")
    if libc.shmget(42, 0, 0) >= 0: found.append("shared memory")
    if ctypes.CDLL("librt.so.1").mq_open(b"/answers", 0) >= 0: found.append("named queue")
    if "ANSWERS" in os.environ: found.append("environment")
    if hasattr(np, "answers") or hasattr(sys, "answers"): found.append("module")
    if len([n for n in os.listdir("/proc") if n.isdigit()]) > 2: found.append("process")
    return found
def add(number):
    if number == 1:
        leave()
    return left() if number == 2 else None
"""
TESTS = (
    CHECK
    + """
@pytest.mark.parametrize("number", [1, 2])
def test_one(student, number):
    expect_equal(student.call("add", number), [] if number == 2 else None)
"""
)


def test_nothing_that_a_test_leaves_reaches_the_next(arena: Arena):
    """Files, limits of the zygote, priorities, message queues, semaphores, modules, processes."""
    cores = len(os.sched_getaffinity(0))
    test = arena.one(f"CORES = {cores}\n{LEAVE}", TESTS)
    assert test.passed, test


DOORS = {
    "ptrace": 101, "keyctl": 250, "add_key": 248, "bpf": 321,
    "userfaultfd": 323, "io_uring_setup": 425, "perf_event_open": 298, "unshare": 272, "setns": 308, "mount": 165,
    "pivot_root": 155, "open_tree": 428, "fsopen": 430, "kexec_load": 246, "init_module": 175, "memfd_secret": 447,
    "open_by_handle_at": 304, "reboot": 169, "swapon": 167, "syslog": 103, "shmget": 29, "clone3": 435,
}  # fmt: skip


@pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the numbers of the system calls are those of x86-64"
)
def test_doors_of_the_kernel(arena: Arena):
    """Each is refused, or not there; a 32-bit or x32 number ends the process."""
    code = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def add():
    found = {{}}
    for name, number in {DOORS!r}.items():
        ctypes.set_errno(0)
        result = libc.syscall(number, 1, 0, 0, 0, 0, 0)
        found[name] = ctypes.get_errno() if result == -1 else "open"
    return found
"""
    found = arena_answer(arena, code)
    assert set(found.values()) <= {1, 38}, found  # EPERM, ENOSYS
    test = arena.one("import ctypes\ndef add(a, b): ctypes.CDLL(None).syscall(0x40000000 + 39)")
    assert test.status is Status.CRASHED
    assert "SIGSYS" in test.feedback.message


def arena_answer(arena: Arena, code: str):
    return json.loads(json.dumps(arena.course.answer(code)))


def test_control_groups_and_the_hosts_settings_cannot_be_written(arena: Arena):
    code = """
import os
def add():
    written = []
    for top in ("/sys/fs/cgroup", "/sys/kernel", "/proc/1", "/proc/self/ns", "/sys/devices", "/proc/sys"):
        for folder, inner, files in os.walk(top):
            inner[:] = inner[:40]
            for name in files[:60]:
                path = os.path.join(folder, name)
                try:
                    with open(path) as file:
                        old = file.read()
                    with open(path, "w") as file:
                        file.write(old)
                    written.append(path)
                except OSError:
                    pass
    return written
"""
    assert arena_answer(arena, code) == []


@pytest.mark.alone  # it measures time
def test_the_zygote_pays_for_imports_once_and_gives_fresh_state(arena: Arena):
    """Each test is a fork of one process: what it preloaded is there at once, what a test changed is not."""
    arena.course.checks(
        CHECK
        + """
@pytest.mark.parametrize("case", [1, 2, 3])
def test_one(student, case):
    ready, seconds, first, parent = student.call("add")
    assert ready
    assert seconds < 0.5
    assert first
    assert parent == 1
""",
        memory_mb=1500,
        wall_seconds=30,
    )
    manifest = arena.course.unit.manifest
    manifest.write_text(manifest.read_text().replace('preload = ["numpy"]', 'preload = ["numpy", "torch"]'))
    code = """
import os, sys, time
ready = "torch" in sys.modules
start = time.perf_counter()
import torch
seconds = time.perf_counter() - start
torch.manual_seed(torch.initial_seed() + 1)
first = not hasattr(torch, "spoiled")
torch.spoiled = torch.ones(1 << 20)
def add(): return ready, seconds, first, os.getppid()
"""
    result = arena.sums(code)
    assert result.points == 1, result.tests

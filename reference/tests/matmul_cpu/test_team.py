"""The threads behind matmul: as many as allowed, shared by several callers, gone after a fork, and no waste."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest

from reference.matmul_cpu import matmul
from reference.matmul_cpu.plan import l2_bytes
from reference.matmul_cpu.team import Team, team, wake_elsewhere
from reference.shared.machine import usable_cores

pytestmark = pytest.mark.alone  # it counts the threads that work

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="reads the CPU time of threads in /proc"
)

THREADS = """
import sys, pathlib, numpy as np
from reference.matmul_cpu import matmul
a = np.ones((1000, 1000))
matmul(a, a, threads=1)
def spent():
    tasks = pathlib.Path("/proc/self/task").iterdir()
    return {task.name: int((task / "schedstat").read_text().split()[0]) / 1e9 for task in tasks}
before = spent()
while max(after - before.get(name, 0) for name, after in spent().items()) < 1:
    for _ in range(5):
        matmul(a, a, threads=int(sys.argv[1]))
print(sum(after - before.get(name, 0) > 0.1 for name, after in spent().items()))
"""


@linux
@pytest.mark.parametrize("threads", [1, 2])
def test_threads_limits_the_threads_that_work(threads):
    if usable_cores() < threads:
        pytest.skip(f"needs {threads} cores")
    command = [sys.executable, "-c", THREADS, str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) == threads


def test_callers_may_share_it():
    rng = np.random.default_rng(5)
    sides = [(60, 61, 62), (170, 90, 250), (250, 250, 250), (310, 40, 310), (64, 2000, 64)]
    wrong: list[tuple[int, ...]] = []

    def work(m: int, k: int, n: int) -> None:
        for turn in range(15):
            dtype = (np.float32, np.float64)[turn % 2]
            a, b = rng_local(m, k, n, dtype)
            if not np.allclose(matmul(a, b), a @ b, rtol=1e-3, atol=1e-3):
                wrong.append((m, k, n))

    def rng_local(m, k, n, dtype):
        with lock:
            return rng.random((m, k)).astype(dtype), rng.random((k, n)).astype(dtype)

    lock = threading.Lock()
    crowd = [threading.Thread(target=work, args=side) for side in sides for _ in range(2)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert wrong == []
    names = [thread.name for thread in threading.enumerate() if thread.name == "matmul helper"]
    assert len(names) <= usable_cores() - 1, "every caller hired helpers of its own"


def test_a_job_is_done_when_no_helper_comes(monkeypatch):
    monkeypatch.setattr("reference.matmul_cpu.team.Helper.post", lambda *_: None)
    monkeypatch.setattr("reference.matmul_cpu.team._team", Team())
    a = np.random.default_rng(1).random((300, 300))
    assert np.allclose(matmul(a, a, threads=2), a @ a)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_a_team_of_its_own():
    a = np.random.default_rng(2).random((300, 300))
    want = matmul(a, a, threads=2)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(matmul(a, a, threads=2), want) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_call_allocates_the_output_and_little_more(dtype):
    a = np.random.default_rng(3).random((1000, 1000)).astype(dtype)
    matmul(a, a)
    tracemalloc.start()
    product = matmul(a, a)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert product.nbytes <= most <= 1.01 * product.nbytes


def test_the_panels_of_a_thread_do_not_grow_with_the_matrices():
    for side in (100, 1500):
        matmul(np.ones((side, side)), np.ones((side, side)))
        matmul(np.ones((8, 40 * side)), np.ones((40 * side, 8)))
    threads = team()
    assert max(slot.panel_bytes for slot in (*threads.slots, *threads.helpers)) < l2_bytes()


@linux
def test_a_helper_is_woken_on_another_core_than_its_caller():
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        pytest.skip("one core")
    leave = threading.Event()
    sleeper = threading.Thread(target=leave.wait)
    sleeper.start()
    places = []

    def call_from(core: int) -> None:
        os.sched_setaffinity(0, {core})  # of this thread alone
        os.sched_setaffinity(0, cores)
        wake_elsewhere(sleeper)
        places.append(os.sched_getaffinity(sleeper.native_id or 0))

    try:
        caller = threading.Thread(target=call_from, args=(cores[-1],))
        caller.start()
        caller.join()
    finally:
        leave.set()
        sleeper.join()
    (allowed,) = places
    assert len(allowed) == len(cores) - 1
    assert allowed < set(cores)

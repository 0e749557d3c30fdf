"""Several processes at once: numba's threads, MPI, torch.distributed, multiprocessing."""

from __future__ import annotations

import time

import pytest

from autograder.core.result import Status
from autograder.tests.judge.small_course import CHECK, Course

RANKS = pytest.mark.alone  # ranks that wait for each other

REDUCE = """
import numpy as np
def add(comm, a, b):
    out = np.empty_like(a)
    comm.Allreduce(a * comm.rank + b, out)
    print("rank", comm.rank, "of", comm.size)
    return {"rank": comm.rank, "sum": out}
"""


def mpi(course: Course, code: str, n: int = 4, *, size: int = 1000, **limits):
    course.checks(
        CHECK
        + f"""
@pytest.mark.task("02.1")
def test_one(student, rng):
    a, b = rng.random({size}), rng.random({size})
    found = student.mpirun({n}, "add", a, b)
    assert [each["rank"] for each in found] == list(range({n}))
    for each in found:
        expect_close(each["sum"], a * sum(range({n})) + {n} * b)
""",
        **limits,
    )
    return course.one(code)


@RANKS
def test_mpirun_with_four_ranks(course: Course):
    test = mpi(course, REDUCE, wall_seconds=60, processes=64, memory_mb=2048, size=200_000)
    assert test.passed, test


@RANKS
def test_mpirun_says_which_rank_failed(course: Course):
    test = mpi(
        course,
        "def add(comm, a, b):\n  if comm.rank == 2: raise ValueError('mine')\n  comm.Barrier()",
        wall_seconds=60,
        processes=64,
    )
    assert test.status is Status.ERROR
    assert test.feedback.message == "rank 2: ValueError: mine"
    assert "sums.py:2 in add" in test.feedback.traceback


@pytest.mark.slow
@RANKS
@pytest.mark.parametrize(
    "code", ["comm.Barrier() if comm.rank else __import__('time').sleep(600)", "__import__('os')._exit(1)"]
)
def test_mpirun_that_hangs_or_dies_ends(course: Course, code: str):
    start = time.monotonic()
    test = mpi(course, f"def add(comm, a, b):\n  {code}", 2, wall_seconds=6, processes=64)
    assert test.status in (Status.TIMEOUT, Status.CRASHED)
    assert time.monotonic() - start < 60


@RANKS
def test_arguments_for_each_rank(course: Course):
    course.checks(
        """
        def test_one(student):
            assert student.mpirun(2, "add", 10, per_rank=[(1,), (2,)]) == [11, 12]
        """,
        wall_seconds=60,
        processes=64,
    )
    assert course.one("def add(comm, a, b): return a + b").passed


TORCH = """
import numpy as np, pytest, torch
from autograder.judge.checking import expect_equal
def test_one(student):
    found = student.torchrun(2, "add", torch.arange(4.0), per_rank=[(1,), (2,)])
    expect_equal(found, [torch.arange(4.0) * 2 + 3] * 2)
"""
GLOO = """
import torch
def add(dist, a, b):
    out = a + b
    dist.all_reduce(out)
    assert dist.get_world_size() == 2 and dist.get_backend() == "gloo"
    return out
"""


@pytest.mark.slow
@RANKS
def test_torch_distributed_with_two_ranks(course: Course):
    course.checks(TORCH, wall_seconds=90, processes=64, memory_mb=4096, cpu_seconds=90)
    test = course.one(GLOO)
    assert test.passed, test
    test = course.one("def add(dist, a, b):\n  if b == 2: raise ValueError('no')\n  dist.barrier()")
    assert test.feedback.message == "rank 1: ValueError: no"


@pytest.mark.slow
@RANKS
def test_the_real_torchrun_works_inside(course: Course):
    """The launcher itself finds its rendezvous on the sandbox's loopback."""
    code = '''
import subprocess, sys
PROGRAM = """
import os, torch, torch.distributed as dist
dist.init_process_group("gloo")
x = torch.ones(1) * (dist.get_rank() + 1)
dist.all_reduce(x)
open(f"/tmp/out{dist.get_rank()}", "w").write(str(x.item()))
dist.destroy_process_group()
"""
def add():
    open("/tmp/program.py", "w").write(PROGRAM)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run([*command, "/tmp/program.py"], capture_output=True, text=True)
    if done.returncode:
        return done.stderr[-2000:]
    return [open(f"/tmp/out{rank}").read() for rank in range(2)]
'''
    assert course.answer(code, wall_seconds=120, cpu_seconds=120, processes=128, memory_mb=6000) == [
        "3.0",
        "3.0",
    ]


def test_numba_threads(course: Course):
    code = """
import numba, numpy as np
@numba.njit(parallel=True, cache=True)
def kernel(a, b):
    out = np.empty_like(a)
    for i in numba.prange(a.size):
        out[i] = a[i] + b[i]
    return out
def add(a, b):
    return kernel(a, b)
"""
    course.checks(
        CHECK
        + """
@pytest.mark.task("02.1")
@pytest.mark.parametrize("case", [1, 2])
def test_one(student, rng, case):
    a, b = rng.random(10_000), rng.random(10_000)
    expect_close(student.call("add", a, b), a + b)
""",
        wall_seconds=90,
        cpu_seconds=90,
        memory_mb=2048,
    )
    test = course.one(code)
    assert test.passed, test


def test_multiprocessing(course: Course):
    code = """
import multiprocessing
def double(x): return 2 * x
def add():
    with multiprocessing.Pool(3) as pool:
        return pool.map(double, [1, 2, 3])
"""
    assert course.answer(code) == [2, 4, 6]


@pytest.mark.slow
def test_data_loader_workers(course: Course):
    """Workers of torch send their batches through shared memory."""
    code = """
import torch
from torch.utils.data import DataLoader, TensorDataset
def add():
    loader = DataLoader(TensorDataset(torch.arange(4096.0).reshape(64, 64)), batch_size=8, num_workers=2)
    return [sum(batch.sum().item() for (batch,) in loader) for _ in range(2)]
"""
    total = 4095 * 4096 / 2
    limits = {"wall_seconds": 90, "cpu_seconds": 90, "processes": 64, "memory_mb": 4096}
    assert course.answer(code, **limits) == [total, total]

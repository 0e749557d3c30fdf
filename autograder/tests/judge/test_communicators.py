"""`student.ranks`: a Communicator for a student's function, with its messages, on both backends."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from autograder.core.result import Status
from autograder.core.units import course_root
from autograder.tests.judge.small_course import CHECK, Course

pytestmark = pytest.mark.alone  # ranks that wait for each other

LIMITS: dict[str, Any] = {"wall_seconds": 60, "cpu_seconds": 60, "processes": 64, "memory_mb": 4096}


@pytest.fixture
def ranks(course: Course) -> Course:
    """The miniature course with the communicators."""
    shutil.copytree(course_root() / "reference/shared/comm", course.root / "reference/shared/comm")
    return course


RING = """
import numpy as np
def add(comm, a, b):
    total, piece = a + b, a + b
    right, left = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    for _ in range(comm.size - 1):
        into = np.empty_like(piece)
        sending = comm.isend(piece, right)
        comm.recv(into, left)
        sending.wait()
        total += into
        piece = into
    a[:] = total
    print("rank", comm.rank)
    return comm.rank
"""

COUNTED = """
import numpy as np
from autograder.judge.checking import expect_equal
@pytest.mark.task("02.1")
def test_one(student, rng):
    a = rng.integers(0, 9, (3, 5))
    run = student.ranks(3, "add", per_rank=[(each, 1) for each in a], gives=int, backend="BACKEND", keep=True)
    assert run.values == [0, 1, 2]
    for rank in range(3):
        expect_equal(run.arguments[rank][0], a.sum(0) + 3)
        assert [(each.to, each.bytes) for each in run.sent(rank)] == [((rank + 1) % 3, 40)] * 2
        assert run.bytes_sent(rank) == 80 and run.count("recv", rank) == 2
        assert all(each.end >= each.start > 0 for each in run.messages)
    assert run.unmatched() == ""
"""


@pytest.mark.parametrize("backend", ["torch", "mpi"])
def test_values_arguments_and_messages(ranks: Course, backend: str):
    ranks.checks(CHECK + COUNTED.replace("BACKEND", backend), **LIMITS)
    test = ranks.one(RING)
    assert test.passed, test.feedback


ONE = """
@pytest.mark.task("02.1")
def test_one(student):
    student.ranks(2, "add", gives=int)
"""


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("if comm.rank: raise KeyError('mine')\n  comm.barrier()", Status.ERROR, "rank 1: KeyError: 'mine'"),
        (
            "x = np.zeros(2)\n  comm.send(x, 1 - comm.rank)\n  comm.recv(x, 1 - comm.rank)",
            Status.ERROR,
            "cycle: ",
        ),
        ("comm.all_reduce(np.zeros(2 + comm.rank))", Status.ERROR, "the shapes differ"),
        ("if comm.rank == 0: comm.barrier()\n  return 1", Status.ERROR, "rank 1 has already ended"),
        ("import os\n  os._exit(3)", Status.CRASHED, "ended without a value (exit code 3)"),
        ("return 1.0", Status.TYPE_ERROR, "expected an int"),
        ("comm.recorder = 1\n  comm.messages[:] = [1]\n  return 1", Status.ERROR, ""),
        ("raise NotImplementedError", Status.NOT_IMPLEMENTED, ""),
    ],
)
def test_failures_have_a_message(ranks: Course, code: str, status: Status, said: str):
    ranks.checks(CHECK + ONE, **LIMITS)
    test = ranks.one(f"import numpy as np\ndef add(comm):\n  {code}")
    assert test.status is status, test
    assert said in test.feedback.message


@pytest.mark.slow
def test_ranks_that_never_end_say_where_they_are(ranks: Course):
    ranks.checks(CHECK + ONE, **{**LIMITS, "wall_seconds": 12})
    test = ranks.one("def add(comm):\n  while comm.rank: pass\n  comm.barrier()")
    assert test.status is Status.TIMEOUT
    assert "rank 1 is at sums.py:2 in add" in test.feedback.message


HARNESS = """
import torch
def train(comm, x):
    w = torch.ones(3, requires_grad=True)
    (w * x).sum().backward()
    comm.all_reduce(w.grad, "avg")
    return student_function("add")(w.grad), w.grad
"""
TRAIN = """
import torch
from autograder.judge.checking import expect_equal
@pytest.mark.task("02.1")
def test_one(student):
    assert student.call("add", torch.ones(3, requires_grad=True)) == 3.0
    for _ in range(2):
        run = student.ranks(2, "train", per_rank=[(1.0,), (3.0,)], harness="harness.py")
        for value, gradient in run.values:
            assert value == 6.0
            expect_equal(gradient, torch.full((3,), 2.0))
        assert run.count("all_reduce") == 1
"""


def test_a_harness_runs_on_the_ranks(ranks: Course):
    ranks.checks(CHECK + TRAIN, **LIMITS)
    (ranks.unit.checks / "harness.py").write_text(HARNESS)
    code = "def add(g):\n  if g.requires_grad: g.sum().backward()\n  return float(g.sum())"
    test = ranks.one(code)
    assert test.passed, test

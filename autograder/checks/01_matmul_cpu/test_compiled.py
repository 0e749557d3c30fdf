"""Tasks 01.3 and 01.4: the loops compiled by numba, on one core and on all of them."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import expect_product, matrices
from rungs import check_float64, check_own_code, check_rectangles, check_squares, check_zero_depth
from speed import expect_speed

from autograder.judge.compare import fail

# Half of what the reference gets against the same loops of the judge's own, which is 1.0.
HALF = 0.5


@pytest.mark.task("01.3")
def test_numba_loops_squares(student, rng):
    check_squares(student, rng, "numba_loops")


@pytest.mark.task("01.3")
def test_numba_loops_rectangles(student, rng):
    check_rectangles(student, rng, "numba_loops")


@pytest.mark.task("01.3")
def test_numba_loops_float64(student, rng):
    check_float64(student, rng, "numba_loops")


@pytest.mark.hidden
@pytest.mark.task("01.3")
def test_numba_loops_zero_depth(student, rng):
    check_zero_depth(student, rng, "_numba_loops")


@pytest.mark.task("01.3")
def test_numba_loops_own_code(student, rng):
    check_own_code(student, rng, "numba_loops", "_numba_loops")


@pytest.mark.task("01.3")
def test_numba_loops_speed(student, baseline, rng):
    hint = "In the inner loop, neighbours in memory should follow each other: which index steps along a row of b?"
    expect_speed(student, baseline, rng, "numba_loops", "rows", n=512, at_least=HALF, hint=hint)


@pytest.mark.task("01.4")
def test_numba_parallel_squares(student, rng):
    check_squares(student, rng, "numba_parallel")


@pytest.mark.task("01.4")
def test_numba_parallel_rectangles(student, rng):
    check_rectangles(student, rng, "numba_parallel")


@pytest.mark.task("01.4")
def test_numba_parallel_float64(student, rng):
    check_float64(student, rng, "numba_parallel")


@pytest.mark.hidden
@pytest.mark.task("01.4")
def test_numba_parallel_same_every_time(student, rng):
    """Whole numbers: every order of the sums gives the same bits, so any difference is a race."""
    a = rng.integers(-8, 9, (192, 160)).astype(np.float32)
    b = rng.integers(-8, 9, (160, 176)).astype(np.float32)
    for _ in range(6):
        hint = "Two threads must not add to one element: which loop can run in parallel without that?"
        expect_product(student.call("numba_parallel", a, b), a, b, hint=hint)


@pytest.mark.task("01.4")
def test_numba_parallel_uses_threads(student, rng):
    student.call("numba_parallel", *matrices(rng, 8, 8, 8))  # compiles
    shares = []
    for _ in range(5):
        a, b = matrices(rng, 512, 512, 512)
        value, timing = student.timed("numba_parallel", a, b)
        expect_product(value, a, b, hint="The result must be right before its threads count.")
        threads = [*timing.thread_seconds, 0.0, 0.0]
        shares.append(threads[1] / max(sum(threads), 1e-9))
    if student.probe("threads") == 1:
        # One core, one thread: then the compiled code tells whether it would share the work.
        seen = student.probe("compiled", "numba_parallel", "_numba_parallel", *matrices(rng, 8, 8, 8))
        shared = seen.get("parallel") is True
    else:
        shared = max(shares) >= 0.2
    if not shared:
        fail(
            "the work is not shared among threads",
            got=f"the second thread did {max(shares):.0%} of the work",
            expected="at least 20% for the second thread",
            hint="numba shares a loop among threads when it is written with prange, and the function has parallel=True.",
        )


@pytest.mark.task("01.4")
def test_numba_parallel_speed(student, baseline, rng):
    hint = "Starting threads costs microseconds: let the outermost loop be the parallel one, so that it happens once."
    expect_speed(
        student, baseline, rng, "numba_parallel", "rows_in_parallel", n=512, at_least=HALF, hint=hint
    )

"""Tasks 01.3 and 01.4: the loops compiled by numba, on one core and on all of them."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import expect_product
from rungs import (
    check_float64,
    check_own_code,
    check_rectangles,
    check_squares,
    check_threads,
    check_zero_depth,
)
from speed import expect_speed

# Half of what the reference gets on one core beside the triad on one core, which is 1.3 to 1.6. The order i, j, k
# gets 0.13. Both rungs are measured against one core, so that the number of cores decides nothing here.
HALF = 0.7


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
    expect_speed(
        student,
        baseline,
        rng,
        "numba_loops",
        "_numba_loops",
        "triad",
        (512, 512, 512),
        at_least=HALF,
        hint=hint,
    )


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
    hint = "numba shares a loop among threads when it is written with prange, and the function has parallel=True."
    check_threads(student, rng, "numba_parallel", "_numba_parallel", hint)


@pytest.mark.task("01.4")
def test_numba_parallel_speed(student, baseline, rng):
    hint = "Starting threads costs microseconds: let the outermost loop be the parallel one, so that it happens once."
    expect_speed(
        student,
        baseline,
        rng,
        "numba_parallel",
        "_numba_parallel",
        "triad",
        (512, 512, 512),
        at_least=HALF,
        hint=hint,
    )

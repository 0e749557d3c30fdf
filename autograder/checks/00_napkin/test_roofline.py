"""Task 00.5: the roofline, from a machine's two numbers and a program's two numbers."""

from __future__ import annotations

import pytest
from forms import call

from autograder.judge.checking import expect_close, expect_equal

# (FLOP or operations a second, bytes a second): Haswell, K80 and TPU as in Jouppi et al., ISCA 2017, Table 2
MACHINES = ((2.6e12, 51e9), (2.8e12, 160e9), (91.8e12, 34e9))


def machine(rng):
    """A peak and a bandwidth, drawn again."""
    return float(10 ** rng.uniform(9, 15)), float(10 ** rng.uniform(9, 12.5))


@pytest.mark.task("00.5")
def test_ridge(student, rng):
    hint = "The ridge is where the slope meets the ceiling: bandwidth * intensity = peak."
    for peak, bandwidth in (*MACHINES, machine(rng), machine(rng)):
        expect_close(call(student, "ridge", peak, bandwidth), peak / bandwidth, hint=hint)


@pytest.mark.task("00.5")
def test_attainable_under_the_slope(student, rng):
    for _ in range(4):
        peak, bandwidth = machine(rng)
        intensity = peak / bandwidth * float(rng.uniform(0.01, 0.9))
        hint = "Left of the ridge the memory sets the pace: intensity * bandwidth."
        got = call(student, "attainable", intensity, peak, bandwidth)
        expect_close(got, intensity * bandwidth, hint=hint)


@pytest.mark.task("00.5")
def test_attainable_under_the_ceiling(student, rng):
    for _ in range(4):
        peak, bandwidth = machine(rng)
        intensity = peak / bandwidth * float(rng.uniform(1.1, 100))
        hint = "Right of the ridge no intensity helps: nothing is faster than the peak."
        expect_close(call(student, "attainable", intensity, peak, bandwidth), peak, hint=hint)


@pytest.mark.task("00.5")
def test_matmul_intensity(student, rng):
    for word in (2, 4, 8):
        m, k, n = (int(x) for x in rng.integers(2, 5000, 3))
        moved = word * (m * k + k * n + m * n)
        hint = "2mkn FLOP, over the bytes of both operands and of the result, each moved once."
        got = call(student, "matmul_intensity", m, k, n, word)
        expect_close(got, 2 * m * k * n / moved, hint=hint)


@pytest.mark.task("00.5")
def test_predict_seconds(student, rng):
    for side in (0.05, 0.5, 2.0, 30.0):
        peak, bandwidth = machine(rng)
        nbytes = float(10 ** rng.uniform(3, 12))
        flop = nbytes * peak / bandwidth * side
        hint = "Computing and moving overlap: the slower of the two sets the time, their sum does not."
        got = call(student, "predict_seconds", flop, nbytes, peak, bandwidth)
        expect_close(got, max(flop / peak, nbytes / bandwidth), hint=hint)


@pytest.mark.task("00.5")
def test_bound(student, rng):
    for peak, bandwidth in (*MACHINES, machine(rng)):
        for side, want in ((0.1, "memory"), (0.9, "memory"), (1.1, "compute"), (20.0, "compute")):
            nbytes = float(10 ** rng.uniform(3, 12))
            flop = nbytes * peak / bandwidth * side
            got = call(student, "bound", flop, nbytes, peak, bandwidth)
            hint = "Which takes longer, the FLOP at the peak or the bytes at the bandwidth?"
            expect_equal(got, want, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("00.5")
def test_bound_at_the_ends(student, rng):
    """At the ridge both take equally long; a copy does no FLOP; and what stays in registers moves no bytes."""
    for _ in range(2):
        peak, bandwidth, nbytes = (2.0 ** int(x) for x in rng.integers(20, 40, 3))  # exact in every order
        flop = nbytes * peak / bandwidth
        for work, moved, want in ((flop, nbytes, "compute"), (flop, 0.0, "compute"), (0.0, nbytes, "memory")):
            got = call(student, "bound", work, moved, peak, bandwidth)
            expect_equal(got, want, hint='"compute" where both take equally long; flop or nbytes may be 0.')

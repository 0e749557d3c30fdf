"""Task 00.4: what parallel parts give, and what the rest keeps from being given."""

from __future__ import annotations

import numpy as np
import pytest
from forms import call

from autograder.judge.checking import expect_close, expect_equal


def exact(fraction, workers):
    """Amdahl's law from its story: of one second, the parallel share is done by all workers, the rest by one."""
    return 1.0 / ((1.0 - fraction) + fraction / workers)


@pytest.mark.task("00.4")
def test_amdahl(student, rng):
    hint = "One second of work: (1 - fraction) stays as it is, fraction is divided among the workers."
    for fraction, workers in ((0.0, 7), (1.0, 7), (0.5, 1)):
        expect_close(call(student, "amdahl", fraction, workers), exact(fraction, workers), hint=hint)
    for _ in range(4):
        fraction, workers = float(rng.uniform(0.05, 0.99)), int(rng.integers(2, 5000))
        expect_close(call(student, "amdahl", fraction, workers), exact(fraction, workers), hint=hint)


@pytest.mark.task("00.4")
def test_gustafson(student, rng):
    hint = "The time is fixed, the work grows: one worker would take workers times as long for the parallel share."
    for _ in range(4):
        fraction, workers = float(rng.uniform(0.05, 0.99)), int(rng.integers(2, 5000))
        want = (1.0 - fraction) + fraction * workers
        expect_close(call(student, "gustafson", fraction, workers), want, hint=hint)


@pytest.mark.task("00.4")
def test_fit_fraction_exact(student, rng):
    for _ in range(3):
        fraction = float(rng.uniform(0.3, 0.98))
        workers = sorted(int(n) for n in 1 + rng.permutation(64)[:6])
        speedups = [exact(fraction, n) for n in workers]
        hint = "1/S = 1 - fraction * (1 - 1/n) is a line through a known point: only its slope is unknown."
        expect_close(call(student, "fit_fraction", workers, speedups), fraction, rtol=1e-9, hint=hint)


@pytest.mark.task("00.4")
def test_fit_fraction_of_measurements(student, rng):
    """Points that no fraction fits: the best one in 1/S, found by trying many."""
    tried = np.linspace(0, 1, 100_001)
    for _ in range(3):
        fraction = float(rng.uniform(0.5, 0.9))
        workers = [1, 2, 3, 4, 8, 16, 32]
        noise = rng.uniform(0.9, 1.1, len(workers))
        speedups = [exact(fraction, n) * float(e) for n, e in zip(workers, noise, strict=True)]
        misfits = ((1 - tried) + tried / np.array(workers)[:, None] - 1 / np.array(speedups)[:, None]) ** 2
        best = float(tried[misfits.sum(0).argmin()])
        hint = "The squares to make small are those of the errors in 1/S, over all points."
        got = call(student, "fit_fraction", workers, speedups)
        expect_close(got, best, atol=1e-5, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("00.4")
def test_fit_fraction_stays_a_share(student, rng):
    workers = [2, 4, 8]
    for factor, want in ((float(rng.uniform(1.1, 1.5)), 1.0), (float(rng.uniform(0.1, 0.2)), 0.0)):
        # faster than so many workers can be, or slower than one
        speedups = [n * factor if want else factor for n in workers]
        hint = "A share is between 0 and 1, whatever was measured."
        expect_close(call(student, "fit_fraction", workers, speedups), want, atol=1e-12, hint=hint)


@pytest.mark.task("00.4")
def test_most_workers(student, rng):
    for past in (0.1, 0.3, 0.6, 0.7, 0.9):  # how far the limit lies beyond a whole number of workers
        fraction, limit = float(rng.uniform(0.5, 0.995)), int(rng.integers(2, 60)) + past
        efficiency = 1 / (limit * (1 - fraction) + fraction)
        n = 1
        while exact(fraction, n + 1) >= efficiency * (n + 1):
            n += 1
        hint = (
            "Efficiency is speed-up / workers; it falls with every worker. The last n at which it is enough."
        )
        expect_equal(call(student, "most_workers", fraction, efficiency), n, hint=hint)
    for n, efficiency in ((3, 0.5), (7, 0.25), (15, 0.125)):
        hint = "At least `efficiency`: a number of workers that reaches it exactly counts."
        expect_equal(call(student, "most_workers", 0.5, efficiency), n, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("00.4")
def test_most_workers_of_a_serial_program(student, rng):
    for fraction in (0.0, 0.01):
        efficiency = float(rng.uniform(0.75, 0.95))
        hint = "A program that is hardly parallel still runs on one worker, with an efficiency of 1."
        expect_equal(call(student, "most_workers", fraction, efficiency), 1, hint=hint)

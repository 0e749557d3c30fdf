"""Task 00.8: what a clock can tell, and how sure a measurement is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from forms import call, expect_ends
from resampling import expect_interval

from autograder.judge.checking import expect_close, expect_equal, fail

RESAMPLES = 10_000


def runs(rng, count=201, spread=0.3):
    """Seconds of repeated runs: most of them near the fastest, a few far slower."""
    return 1e-3 * rng.lognormal(0, spread, count) + 1e-3 * (rng.random(count) < 0.1)


@pytest.mark.task("00.8")
def test_clock_step(student, rng):
    for tick in (2.0**-30, 2.0**-20, 2.0**-10):  # sums of powers of two are exact
        steps = [int(s) for s in rng.integers(1, 4, 30)]
        readings = np.cumsum([2000, 3, *steps, 1, 2]) * tick
        got = call(student, "clock_step", [float(x) for x in readings])
        expect_close(got, tick, hint="The smallest of the differences between neighbours.")


@pytest.mark.task("00.8")
def test_clock_step_of_a_coarse_clock(student, rng):
    """A coarse clock says the same many times before it moves on."""
    for tick in (2.0**-16, 2.0**-8):
        readings = np.repeat(np.arange(500, 520), rng.integers(2, 9, 20)) * tick
        got = call(student, "clock_step", [float(x) for x in readings])
        expect_close(got, tick, hint="Two equal readings are no step: leave the zeros out.")


@pytest.mark.hidden
@pytest.mark.task("00.8")
def test_clock_step_of_an_odd_clock(student, rng):
    """One that somebody set back by a little, and one that stands still."""
    readings = np.concatenate([np.arange(1000, 1030, 2), np.arange(1027, 1060, 2)]) * 2.0**-20
    got = call(student, "clock_step", [float(x) for x in readings])
    expect_close(
        got, 2.0**-19, hint="A clock that was set back made no step forward: leave out what is below 0."
    )
    readings = [float(rng.uniform(1, 100))] * 5
    hint = "Without any step forward there is no answer: a ValueError, and no number."
    student.raises(ValueError, "clock_step", readings, hint=hint)


@pytest.mark.task("00.8")
def test_batch_size(student, rng):
    for _ in range(5):
        step, error = float(10 ** rng.uniform(-8, -3)), float(10 ** rng.uniform(-4, -1))
        seconds = step * float(10 ** rng.uniform(-3, 0))
        want = math.ceil(step / (error * seconds))
        hint = "The run takes calls * seconds, and step must be at most `error` of that: round up."
        expect_equal(call(student, "batch_size", step, seconds, error=error), want, hint=hint)
    expect_equal(call(student, "batch_size", 1e-6, 3e-5), 34, hint="error is 0.001 when nobody says.")


@pytest.mark.hidden
@pytest.mark.task("00.8")
def test_batch_of_a_long_call(student, rng):
    for _ in range(3):
        step = float(10 ** rng.uniform(-8, -6))
        hint = "A call that is long enough needs no batch: one call is a batch of 1, never of 0."
        expect_equal(call(student, "batch_size", step, 5e4 * step), 1, hint=hint)


@pytest.mark.task("00.8")
def test_in_turns(student, rng):
    for count, rounds in ((3, 7), (2, 3), (4, 2), (1, 3)):
        names = [f"run {int(x)}" for x in rng.permutation(100)[:count]]
        want = [names[r % count :] + names[: r % count] for r in range(rounds)]
        hint = (
            "Everybody runs once a round, and each round starts with the next one: [a, b, c], [b, c, a], ... "
            "The names are the strings that came in, the rounds lists."
        )
        expect_equal(call(student, "in_turns", names, rounds), want, hint=hint)


@pytest.mark.task("00.8")
def test_median_interval(student, rng):
    for level in (0.95, 0.5, 0.8, 0.99):
        samples, seed = runs(rng), int(rng.integers(2**31))
        how = {} if level == 0.95 else {"level": level}  # the default
        got = call(student, "median_interval", samples.tolist(), seed, resamples=RESAMPLES, **how)
        hint = (
            "Draw as many runs again, with replacement, and take their median; of many such medians the middle "
            "`level`: half of what that leaves out lies on each side."
        )
        expect_interval(got, samples, level, RESAMPLES, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("00.8")
def test_median_interval_repeats_a_seed(student, rng):
    samples, seed = runs(rng).tolist(), int(rng.integers(2**31))
    first, again, *others = (
        expect_ends(call(student, "median_interval", samples, seed + i, resamples=50))
        for i in (0, 0, 1, 2, 3)
    )
    expect_equal(again, first, hint="np.random.default_rng(seed): the same seed gives the same interval.")
    if all(other == first for other in others):
        fail("every seed gives the same interval", got=str(first), hint="Where does the seed go?")


@pytest.mark.task("00.8")
def test_ratio_interval(student, rng):
    """The machine slows both down in the same rounds: only the pairs tell them apart."""
    mood = 10 ** rng.uniform(0, 1, 201)
    a, b = mood * rng.uniform(0.95, 1.05, 201), mood * 0.8 * rng.uniform(0.95, 1.05, 201)
    got = call(
        student, "ratio_interval", a.tolist(), b.tolist(), int(rng.integers(2**31)), resamples=RESAMPLES
    )
    hint = "a[i] and b[i] ran in the same round: divide first, then resample the rounds."
    expect_interval(got, a / b, 0.95, RESAMPLES, hint=hint, what="ratio")


@pytest.mark.task("00.8")
def test_too_noisy(student, rng):
    for _ in range(4):
        most = float(rng.uniform(0.02, 0.3))
        for factor, want in ((0.5, False), (2.0, True)):
            # Evenly spread runs around a millisecond: the middle half spans half of their width.
            samples = 1e-3 * (1 + 2 * factor * most * np.linspace(-0.5, 0.5, 101))
            got = call(student, "too_noisy", rng.permutation(samples).tolist(), most=most)
            expect_equal(got, want, hint="The width of the middle half of the runs, over their median.")
    hint = "Wider than `most` of the median: exactly as wide is not too noisy."
    expect_equal(call(student, "too_noisy", [2.0, 3.0, 4.0, 5.0, 6.0], most=0.5), False, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("00.8")
def test_one_slow_run_is_no_noise(student, rng):
    quiet = rng.uniform(1.0, 1.02, 30).tolist()
    got = call(student, "too_noisy", [*quiet, 50.0])
    hint = "Quartiles do not see a single outlier; a standard deviation does."
    expect_equal(got, False, hint=hint)
    got = call(student, "too_noisy", [*rng.uniform(1.0, 3.0, 30).tolist(), 2.0])
    expect_equal(got, True, hint="Runs that take from 1 to 3 s are noisy, with and without an outlier.")

"""Tasks 03.6 and 03.7: fit the alpha-beta model, and predict with it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracle import seconds

from autograder.judge.checking import ListOf, expect_close, fail

SIZES = 2.0 ** np.arange(3, 24, 2)  # bytes


def truth(rng: np.random.Generator) -> tuple[float, float]:
    """alpha in seconds, beta in seconds for each byte."""
    return float(rng.uniform(1e-6, 9e-6)), float(rng.uniform(2e-10, 2e-9))


def fit(student, nbytes: np.ndarray, times: np.ndarray) -> list[float]:
    """alpha, beta, alpha's interval, beta's interval, of messages in a random order."""
    return student.probe("fit", nbytes, times, gives=ListOf(float, 6))


def noisy(rng, alpha: float, beta: float, sizes: np.ndarray, repeats: int, spread: float):
    """Messages of each size, whose times vary by a factor."""
    nbytes = rng.permutation(np.repeat(sizes, repeats))
    return nbytes, (alpha + beta * nbytes) * rng.lognormal(0, spread, len(nbytes))


@pytest.mark.task("03.6")
def test_fit_alpha_beta_exact(student, rng):
    for least in (2.0**8, 2.0**12):
        alpha, beta = truth(rng)
        nbytes = np.repeat(least * 2.0 ** np.arange(5), 3)
        got = fit(student, nbytes, alpha + beta * nbytes)
        hint = "These times have no noise: seconds = alpha + beta * bytes, in seconds and bytes."
        expect_close(got[:2], [alpha, beta], rtol=1e-6, hint=hint)


@pytest.mark.task("03.6")
def test_fit_alpha_beta_outliers(student, rng):
    for _ in range(3):
        alpha, beta = truth(rng)
        nbytes, times = noisy(rng, alpha, beta, SIZES, 15, 1e-6)
        times[rng.random(len(times)) < 0.1] *= rng.uniform(10, 50)
        got = fit(student, nbytes, times)
        hint = "One message in ten was interrupted, and took 10 to 50 times as long. Take the median of each size."
        expect_close(got[:2], [alpha, beta], rtol=0.1, hint=hint)


@pytest.mark.task("03.6")
def test_fit_alpha_beta_relative(student, rng):
    for _ in range(3):
        alpha, beta = truth(rng)
        nbytes, times = noisy(rng, alpha, beta, SIZES, 15, 0.05)
        hint = "The error of a long message is longer than alpha: weigh each error by the time, as the docstring says."
        expect_close(fit(student, nbytes, times)[:2], [alpha, beta], rtol=0.15, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("03.6")
def test_fit_alpha_beta_intervals(student, rng):
    inside, tries, widths = 0, 8, {5: 0.0, 80: 0.0}
    for repeats in widths:
        for _ in range(tries):
            alpha, beta = truth(rng)
            got = fit(student, *noisy(rng, alpha, beta, SIZES[::2], repeats, 0.1))
            expect_close(got[1], beta, rtol=0.5, hint="Is the fit itself right?")
            inside += (got[2] <= alpha <= got[3]) + (got[4] <= beta <= got[5])
            widths[repeats] += (got[5] - got[4]) / beta / tries
    if inside < 2 * 2 * tries * 0.6 or not 0 < widths[80] < 0.6 * widths[5] < 0.5:
        fail(
            "the intervals do not say how certain the fit is",
            got=f"{inside} of {4 * tries} hold the true value; relative widths of beta: {widths[5]:.2g} for 5 messages "
            f"of each size, {widths[80]:.2g} for 80",
            expected="about 95 % hold it, and more messages make narrower intervals",
            hint="Draw messages of each size with replacement, fit each drawing, and take percentiles of the fits.",
        )


PREDICTED = (
    "broadcast_tree",
    "reduce_tree",
    "ring_reduce_scatter",
    "ring_all_gather",
    "ring_all_reduce",
    "recursive_doubling",
    "rabenseifner",
    "pairwise_all_to_all",
)


def expect_predicted(student, rng, name: str, p: int) -> None:
    alpha, beta = truth(rng)
    nbytes = float(rng.integers(1, 2**24))
    want = seconds(name, p, nbytes, alpha, beta)
    hint = (
        f"Count the messages of {name} that wait for each other, and their bytes; its docstring names both."
    )
    expect_close(student.call("predict", name, p, nbytes, alpha, beta), want, rtol=1e-9, hint=hint)


@pytest.mark.task("03.7")
def test_predict_powers_of_two(student, rng):
    for p in (2, 4, 8, 64):
        for name in (*PREDICTED, "straggler_all_reduce"):
            expect_predicted(student, rng, name, p)


@pytest.mark.hidden
@pytest.mark.task("03.7")
def test_predict_other_sizes(student, rng):
    for p in (3, 5, 12, 100):
        for name in PREDICTED:
            expect_predicted(student, rng, name, p)


def equal_at(p: int, alpha: float, beta: float) -> float:
    """The bytes at which ring and doubling take equally long, by two points of each straight line."""
    starts = [seconds(name, p, 0, alpha, beta) for name in ("ring_all_reduce", "recursive_doubling")]
    ends = [seconds(name, p, 1e6, alpha, beta) for name in ("ring_all_reduce", "recursive_doubling")]
    slopes = [(end - start) / 1e6 for start, end in zip(starts, ends, strict=True)]
    return (starts[0] - starts[1]) / (slopes[1] - slopes[0])


@pytest.mark.task("03.7")
def test_crossover_of_ring_and_doubling(student, rng):
    hint = "Set both predictions equal and solve for the bytes: what grows with p in each?"
    for p in (4, 8, 16, 5):
        alpha, beta = truth(rng)
        got = student.call("prediction.py:crossover", p, alpha, beta)
        expect_close(got, equal_at(p, alpha, beta), rtol=1e-5, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("03.7")
def test_crossover_of_two_ranks(student, rng):
    got = student.call("prediction.py:crossover", 2, *truth(rng))
    expect_close(got, math.inf, hint="On two ranks the ring is never faster.")

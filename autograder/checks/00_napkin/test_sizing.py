"""Task 00.2: how much computing a training run is, counted in operations or in GPU-days."""

from __future__ import annotations

from fractions import Fraction

import pytest
from forms import call

from autograder.judge.checking import expect_close

DAY = 24 * 60 * 60


def between(rng, low, high):
    """A float drawn evenly on a logarithmic scale: inputs of every size."""
    return float(low * (high / low) ** rng.random())


@pytest.mark.task("00.2")
def test_training_flop(student, rng):
    for _ in range(3):
        forward, examples, epochs = (
            between(rng, 1e6, 1e12),
            int(rng.integers(100, 10**6)),
            int(rng.integers(2, 90)),
        )
        want = 3 * forward * examples * epochs
        hint = "Each example of each epoch goes forward once, and the backward pass costs twice the forward pass."
        expect_close(call(student, "training_flop", forward, examples, epochs), want, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("00.2")
def test_training_flop_other_ratios(student, rng):
    for ratio in (1.0, 3.0, float(rng.uniform(0.5, 4.0))):
        forward, examples, epochs = (
            between(rng, 1e6, 1e12),
            int(rng.integers(100, 10**6)),
            int(rng.integers(2, 90)),
        )
        want = float((1 + Fraction(ratio)) * Fraction(forward) * examples * epochs)
        got = call(student, "training_flop", forward, examples, epochs, backward_ratio=ratio)
        hint = "backward_ratio is the cost of a backward pass in forward passes; 1 + backward_ratio of them in all."
        expect_close(got, want, hint=hint)


@pytest.mark.task("00.2")
def test_transformer_flop(student, rng):
    for _ in range(3):
        parameters, tokens = int(rng.integers(10**6, 10**12)), int(rng.integers(10**8, 10**13))
        hint = (
            "Each token meets each weight in one multiply-add forward (2 FLOP), and in two backward (4 FLOP)."
        )
        expect_close(
            call(student, "transformer_flop", parameters, tokens), 6.0 * parameters * tokens, hint=hint
        )


@pytest.mark.task("00.2")
def test_flop_of_gpu_days(student, rng):
    hint = "days * seconds of a day * FLOP/s of the GPU * the share of that which the run reaches."
    expect_close(
        call(student, "flop_of_gpu_days", 2500.0, 125e12, 0.30), 0.30 * 125e12 * 2500 * DAY, hint=hint
    )
    for _ in range(3):
        days, peak, share = between(rng, 0.1, 1e5), between(rng, 1e12, 1e15), float(rng.uniform(0.1, 0.9))
        got = call(student, "flop_of_gpu_days", days, peak, share)
        expect_close(got, days * DAY * peak * share, hint=hint)


@pytest.mark.task("00.2")
def test_gpu_days(student, rng):
    for _ in range(3):
        days, peak, share = between(rng, 0.1, 1e5), between(rng, 1e12, 1e15), float(rng.uniform(0.1, 0.9))
        got = call(student, "gpu_days", days * DAY * peak * share, peak, share)
        hint = "flop_of_gpu_days solved for the days: a run at half the utilization takes twice as long."
        expect_close(got, days, hint=hint)


@pytest.mark.task("00.2")
def test_model_bytes(student, rng):
    for _ in range(3):
        parameters = 8 * int(rng.integers(10**5, 10**10))
        hint = "32 bits each, if nothing else is said; 8 bits are a byte."
        expect_close(call(student, "model_bytes", parameters), 4 * parameters, hint=hint)
        for bits in (64, 16, 8, 4):
            got = call(student, "model_bytes", parameters, bits=bits)
            expect_close(got, parameters * bits // 8, hint="8 bits are a byte.")

"""Task 00.6: a service that works in batches. The judge's answers come from trying every batch."""

from __future__ import annotations

import numpy as np
import pytest
from forms import call

from autograder.judge.checking import expect_close, expect_equal


def worker(rng):
    """(setup, each): seconds of a batch, and of each request in it."""
    return float(10 ** rng.uniform(-3, -1)), float(10 ** rng.uniform(-4, -2))


def worker_with(rng, least, most):
    """The same, with log10(setup / each) between `least` and `most`: the batch grows with this ratio."""
    setup = float(10 ** rng.uniform(-3, -1))
    return setup, setup / float(10 ** rng.uniform(least, most))


@pytest.mark.task("00.6")
def test_in_flight(student, rng):
    for _ in range(3):
        rate, latency = (float(x) for x in 10 ** rng.uniform(-2, 3, 2))
        hint = "Little's law: who arrives in one latency is still inside when the first of them leaves."
        expect_close(call(student, "in_flight", rate, latency), rate * latency, hint=hint)


@pytest.mark.task("00.6")
def test_batch_seconds(student, rng):
    for _ in range(3):
        (setup, each), b = worker(rng), int(rng.integers(1, 500))
        got = call(student, "batch_seconds", b, setup, each)
        expect_close(got, setup + b * each, hint="The set-up is paid once a batch, the rest once a request.")


@pytest.mark.task("00.6")
def test_throughput(student, rng):
    for _ in range(3):
        (setup, each), b = worker(rng), int(rng.integers(1, 500))
        got = call(student, "throughput", b, setup, each)
        expect_close(got, b / (setup + b * each), hint="Requests of a batch over the seconds of a batch.")


@pytest.mark.task("00.6")
def test_smallest_batch(student, rng):
    for turn in range(5):
        setup, each = worker_with(rng, -1, 1.45)  # the answer stays below 1000
        rate = float(rng.uniform(0.05, 0.97)) / each
        if turn == 0:
            rate = 0.3 / (setup + each)  # a batch of one is enough
        b = 1
        while b / (setup + b * each) < rate:
            b += 1
        hint = "The first whole b with throughput(b) >= rate; round up, and never below 1."
        expect_equal(call(student, "smallest_batch", rate, setup, each), b, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("00.6")
def test_batch_near_the_limit(student, rng):
    """Close to 1/each the batches get large; from there on no batch keeps up."""
    for _ in range(3):
        setup, each = worker_with(rng, 1.6, 3)  # the answer lies between 3900 and a million
        rate = float(rng.uniform(0.99, 0.999)) / each
        b = np.arange(1, 3_000_000)
        want = int(b[b / (setup + b * each) >= rate][0])
        hint = "Solve b / (setup + b * each) >= rate for b: trying every b takes long when b is large."
        expect_equal(call(student, "smallest_batch", rate, setup, each), want, hint=hint)
        hint = "Even the largest batch serves fewer than 1/each requests a second: that stays a ValueError."
        student.raises(ValueError, "smallest_batch", 1.5 / each, setup, each, hint=hint)


@pytest.mark.task("00.6")
def test_largest_batch(student, rng):
    for _ in range(5):
        (setup, each), rate = worker(rng), float(10 ** rng.uniform(1, 4))
        enough = int(rng.integers(3, 200))
        limit = (enough - 1) / rate + setup + enough * each
        limit += 0.2 * min(1 / rate, each)  # too little for another wait, and for another request
        b = np.arange(0, 400)
        fits = (b - 1) / rate + setup + b * each <= limit
        hint = "The first request of a batch waits (b - 1) / rate until the batch is full, then for the whole batch."
        expect_equal(call(student, "largest_batch", limit, rate, setup, each), int(b[fits].max()), hint=hint)
    b = int(rng.integers(2, 50))
    hint = "No request waits longer than `limit`: exactly as long is allowed."
    expect_equal(call(student, "largest_batch", float(2 * b - 1), 1.0, 0.0, 1.0), b, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("00.6")
def test_no_batch_is_fast_enough(student, rng):
    for _ in range(3):
        (setup, each), rate = worker(rng), float(10 ** rng.uniform(1, 4))
        limit = (setup + each) * float(rng.uniform(0.1, 0.99))
        hint = "A batch of one already takes setup + each: where that is too long, the answer is 0."
        expect_equal(call(student, "largest_batch", limit, rate, setup, each), 0, hint=hint)
        limit = setup + each + 0.2 * min(1 / rate, each)  # one fits, two do not
        expect_equal(call(student, "largest_batch", limit, rate, setup, each), 1, hint=hint)


@pytest.mark.task("00.6")
def test_bandwidth(student, rng):
    for _ in range(3):
        rate = float(10 ** rng.uniform(0, 4))
        inward, outward = (int(x) for x in rng.integers(10, 10**7, 2))
        got = call(student, "bandwidth", rate, inward, outward)
        expect_close(
            got, rate * (inward + outward), hint="Every request brings its bytes in and takes others out."
        )

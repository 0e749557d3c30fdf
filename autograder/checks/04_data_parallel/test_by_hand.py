"""Tasks 04.1 and 04.2: shards of the data, and a step of SGD with NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import softmax_gradient

from autograder.judge.checking import Array, ListOf, expect_close, expect_equal, fail

SHARD = Array(np.int64, None)
WEIGHTS = Array(np.float64, None, None)


def shards(student, n, size, epoch, seed):
    """The shards of all ranks."""
    return [student.call("shard_indices", n, rank, size, epoch, seed, gives=SHARD) for rank in range(size)]


@pytest.mark.task("04.1")
def test_shards_cover_once(student, rng):
    for n, size in ((12, 3), (int(rng.integers(20, 40)) * 4 + 1, 4), (2, 5)):
        found = shards(student, n, size, 1, int(rng.integers(1000)))
        hint = "Every example is in one shard, once: repeat none to fill up, and drop none."
        expect_equal(sorted(np.concatenate(found).tolist()), list(range(n)), hint=hint)
        lengths = [len(shard) for shard in found]
        if max(lengths) - min(lengths) > 1:
            fail(
                "the shards differ by more than one example", got=str(lengths), expected=f"{n} / {size} each"
            )


@pytest.mark.task("04.1")
def test_shards_new_order(student, rng):
    n, seed = 200, int(rng.integers(1000))
    first, again, other = (np.concatenate(shards(student, n, 2, epoch, seed)) for epoch in (0, 0, 1))
    expect_equal(
        again, first, hint="The same arguments give the same shards: draw from a generator with the seed."
    )
    for order in (first, other):
        expect_equal(
            np.sort(order), np.arange(n), hint="Each shard is a part of a permutation of all examples."
        )
    if (first == other).mean() > 0.2 or (first == np.arange(n)).mean() > 0.2:
        fail("two epochs have the same order", hint="Shuffle, with a seed that contains the epoch.")


@pytest.mark.hidden
@pytest.mark.task("04.1")
def test_shards_one_order(student, rng):
    n, seed = 24, int(rng.integers(1000))
    whole = shards(student, n, 1, 3, seed)[0]
    expect_equal(np.sort(whole), np.arange(n), hint="One rank has every example once.")
    for size in (2, 4):
        hint = "Deal the shuffled order out in turns: rank r takes every size-th, from r on."
        for rank, shard in enumerate(shards(student, n, size, 3, seed)):
            expect_equal(shard, whole[rank::size], hint=hint)


def softmax_case(rng, rows):
    """Weights, and for each rank x and y with so many rows."""
    w = rng.standard_normal((6, 4))
    return w, [(rng.standard_normal((count, 6)), rng.integers(0, 4, count)) for count in rows]


def check_step(student, rng, rows, hint):
    w, parts = softmax_case(rng, rows)
    rate = float(rng.uniform(0.2, 0.9))
    x, y = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    want = w - rate * softmax_gradient(w, x, y)
    found = student.probe(
        "sgd_step", len(rows), w, parts, rate, gives=ListOf((WEIGHTS, ListOf(str)), len(rows))
    )
    student.name_call(f"sgd_step on {len(rows)} ranks with {rows} rows")
    for new, _ in found:
        expect_close(new, want, rtol=1e-9, atol=1e-9, hint=hint)
    return found


@pytest.mark.task("04.2")
def test_sgd_step_uneven(student, rng):
    hint = "Add up gradients and rows of all ranks, and divide then. A mean of means is another number."
    check_step(student, rng, [5, 2, 9], hint)
    check_step(student, rng, [7], hint)


@pytest.mark.task("04.2")
def test_sgd_step_one_message(student, rng):
    for _, calls in check_step(
        student, rng, [4, 4], "With equal shards the step is that of the whole batch."
    ):
        expect_equal(
            calls, ["all_reduce"], hint="Send the gradient and the count together: a message costs latency."
        )


@pytest.mark.hidden
@pytest.mark.task("04.2")
def test_sgd_step_empty_rank(student, rng):
    check_step(student, rng, [3, 0], "A rank without rows adds 0, and still joins the all-reduce.")

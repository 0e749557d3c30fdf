"""Tasks 04.3 to 04.5: equal states, average gradients, buckets."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from oracle import expect_on_every_rank

from autograder.judge.checking import Array, ListOf, expect_equal, fail

VECTOR = Array(np.float64, None)
NONE = np.empty(0, np.float32)
BUCKETS = ListOf(ListOf(int))


def states(student, n, root):
    """Parameters and buffers of each rank after the broadcast."""
    found = student.probe("broadcast_state", n, root, gives=ListOf((VECTOR, VECTOR), n))
    student.name_call(f"broadcast_state(module, comm, {root}) on {n} ranks")
    return found


def parameters(root):
    return np.array([1.0 + root] * 6 + [10.0 + root] * 4)


def buffers(root):
    return np.array([20.0 + root] * 2 + [30.0 + root] + [40.0 + root] * 2)


@pytest.mark.task("04.3")
def test_broadcast_parameters(student):
    for found, _ in states(student, 3, 0):
        hint = "Every parameter counts, also a frozen one."
        expect_equal(found, parameters(0), hint=hint)


@pytest.mark.task("04.3")
def test_broadcast_buffers(student):
    for _, found in states(student, 2, 0):
        hint = "Buffers are state too, also those that are not in the state dict."
        expect_equal(found, buffers(0), hint=hint)


@pytest.mark.hidden
@pytest.mark.task("04.3")
def test_broadcast_root(student):
    for found, _ in states(student, 3, 2):
        expect_equal(found, parameters(2), hint="Take the values from rank `root`.")


def averaged(student, gradients):
    """The gradients of each rank afterwards: float32 vectors of 3, or of 0 for None."""
    form = ListOf(ListOf(Array(np.float32, None), len(gradients[0])), len(gradients))
    found = student.probe("average_gradients", len(gradients), gradients, gives=form)
    student.name_call(f"average_gradients(params, comm) on {len(gradients)} ranks")
    return found


def vector(rng):
    return rng.integers(-9, 10, 3).astype(np.float32)


@pytest.mark.task("04.4")
def test_average_gradients_mean(student, rng):
    gradients = [[vector(rng), "frozen", vector(rng)] for _ in range(3)]
    want = [sum(rank[place] for rank in gradients) / np.float32(3) for place in (0, 2)]
    for rank in averaged(student, gradients):
        expect_equal(rank[1], NONE, hint="A frozen parameter has no gradient.")
        for place, mean in zip((0, 2), want, strict=True):
            expect_on_every_rank(
                [rank[place]], mean, "Divide the sum by the number of ranks.", rtol=1e-6, atol=1e-6
            )


@pytest.mark.task("04.4")
def test_average_gradients_missing(student, rng):
    a, b, c = (vector(rng) for _ in range(3))
    hint = "A gradient that is None on this rank counts as 0, and the rank still joins the all-reduce of the others."
    for rank in averaged(student, [[a, None], [None, b], [c, None], [None, None]]):
        expect_equal(rank[0], (a + c) / np.float32(4), hint=hint)
        expect_equal(rank[1], b / np.float32(4), hint=hint)


@pytest.mark.hidden
@pytest.mark.task("04.4")
def test_average_gradients_unused(student, rng):
    a = vector(rng)
    for rank in averaged(student, [[None, a], [None, a]]):
        expect_equal(rank[0], NONE, hint="A gradient that no rank has stays None: weight decay must skip it.")
        expect_equal(rank[1], a, hint="The mean of equal gradients is the gradient.")


def buckets(student, sizes, cap, frozen=(), tied=(), halves=()):
    """The buckets as lists of indices; float32 vectors of these sizes."""
    found = student.probe(
        "assign_buckets", sizes, cap, list(frozen), [list(t) for t in tied], list(halves), gives=BUCKETS
    )
    student.name_call(f"assign_buckets of float32 vectors with {sizes} numbers, cap {cap} bytes")
    return found


@pytest.mark.task("04.5")
def test_buckets_order(student, rng):
    count = int(rng.integers(5, 9))
    found = buckets(student, [4] * count, 2 * 16)
    hint = "Backward produces the last gradient first, so the first bucket begins with the last parameter."
    expect_equal([place for bucket in found for place in bucket], list(range(count))[::-1], hint=hint)


@pytest.mark.task("04.5")
def test_buckets_cap(student, rng):
    cap = 400
    sizes = [*rng.integers(10, 60, 12).tolist(), 150, *rng.integers(10, 60, 6).tolist()]
    found = buckets(student, sizes, cap)
    expect_equal(
        sorted(p for b in found for p in b), list(range(len(sizes))), hint="Each parameter is in one bucket."
    )
    bytes_of = [4 * sum(sizes[place] for place in bucket) for bucket in found]
    for size, bucket in zip(bytes_of, found, strict=True):
        if size > cap and len(bucket) > 1:
            fail(
                "a bucket is larger than the cap", got=f"{size} bytes in {bucket}", expected=f"at most {cap}"
            )
    for first, second in pairwise(bytes_of):
        if first + second <= cap:
            fail(
                "a bucket was closed too early",
                got=f"a bucket of {first} bytes, and then one of {second} bytes",
                expected=f"both in one bucket, which may hold {cap} bytes",
                hint="Close a bucket only when the next parameter does not fit. The cap is in bytes.",
            )


@pytest.mark.task("04.5")
def test_buckets_tied_and_frozen(student):
    found = buckets(student, [4] * 6, 1000, frozen=[1], tied=[(5, 0)])
    places = sorted(place % 5 for bucket in found for place in bucket)  # 5 and 0 are one parameter
    expect_equal(places, [0, 2, 3, 4], hint="Leave frozen parameters out; a tied one is there once.")


@pytest.mark.hidden
@pytest.mark.task("04.5")
def test_buckets_one_dtype(student):
    found = buckets(student, [4, 4, 8, 4, 4], 1000, halves=[2])
    groups = sorted(sorted(bucket) for bucket in found)
    expect_equal(groups, [[0, 1], [2], [3, 4]], hint="A flat buffer has one dtype, so a bucket has one too.")

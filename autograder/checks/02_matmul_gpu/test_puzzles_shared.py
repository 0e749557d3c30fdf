"""Tasks 02.6 to 02.10: blocks, shared memory, barriers."""

from __future__ import annotations

import numpy as np
import pytest
from puzzle_play import at_least, at_most, blank, counted, cover, expect_orders, expect_plain, reals, wholes

THREADS, RADIUS = 8, 2
BARRIER = "A thread reads an element that another wrote: put a barrier, cuda.syncthreads(), between the two."


def differences(a: np.ndarray) -> np.ndarray:
    """Return a[i] - a[i - 1], and the first element of each block as it is."""
    want = a.astype(np.float64)
    want[1:] -= a[:-1]
    want[::THREADS] = a[::THREADS]
    return want


def pooled(a: np.ndarray) -> np.ndarray:
    """Return the sum of the last three elements."""
    return np.convolve(a.astype(np.float64), np.ones(3))[: len(a)]


def smoothed(a: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted windows of `a`; `a` is 0 beyond its ends."""
    padded = np.pad(a.astype(np.float64), RADIUS)
    return np.lib.stride_tricks.sliding_window_view(padded, len(weights)) @ weights.astype(np.float64)


@pytest.mark.task("02.6")
def test_blocks(student, rng):
    a = reals(rng, 4 * THREADS)
    hint = "The thread's number in the grid is blockIdx.x * blockDim.x + threadIdx.x, or cuda.grid(1)."
    expect_plain(
        student, "blocks_kernel", 4, THREADS, blank(len(a)), a, want=1 - a.astype(np.float64), hint=hint
    )


@pytest.mark.task("02.6")
def test_blocks_edges(student, rng):
    """Arrays that are shorter and longer than the grid."""
    hint = "Start at the thread's own element, and step by the threads of the whole grid: cuda.gridsize(1)."
    for grid, n in ((1, 3), (1, 29), (8, 5), (8, 150)):
        a = wholes(rng, n)
        expect_orders(student, rng, "blocks_kernel", grid, THREADS, blank(n), a, want=1.0 - a, hint=hint)
    _, counts = counted(student, "blocks_kernel", 8, THREADS, blank(256), wholes(rng, 256))
    # 8 neighbouring threads read the 32 bytes of one sector; with a range of its own, each reads another sector.
    hint = "Let threads t and t + 1 read neighbours at the same time: do not give each thread a range of its own."
    at_least(counts, "efficiency", 1, 0.99, "share of the bytes moved from a that the threads use", hint)


@pytest.mark.task("02.7")
def test_shared(student, rng):
    a = reals(rng, 3 * THREADS)
    hint = "In each block, keep the first element, and subtract its left neighbour from every other."
    expect_plain(student, "shared_kernel", 3, THREADS, blank(len(a)), a, want=differences(a), hint=hint)


@pytest.mark.task("02.7")
def test_shared_edges(student, rng):
    """A last block that is not full; any order of threads; each element read once."""
    for n in (1, 7, 13, 22):
        a = wholes(rng, n)
        grid = cover(n, block=THREADS)
        expect_orders(
            student, rng, "shared_kernel", grid, THREADS, blank(n), a, want=differences(a), hint=BARRIER
        )
    _, counts = counted(student, "shared_kernel", 2, THREADS, blank(13), wholes(rng, 13))
    hint = "Load each element into shared memory once; read the neighbour's number from there."
    at_most(counts, "reads", 1, 13, "elements read from a, which has 13", hint)


@pytest.mark.task("02.8")
def test_pooling(student, rng):
    a = reals(rng, THREADS)
    hint = "out[0] has one term, out[1] two, all others three."
    expect_plain(student, "pooling_kernel", 1, THREADS, blank(THREADS), a, want=pooled(a), hint=hint)


@pytest.mark.task("02.8")
def test_pooling_edges(student, rng):
    """Fewer elements than threads; any order; each element read once."""
    for n in (1, 2, 5, 7):
        a = np.arange(n, dtype=np.float32)
        expect_orders(student, rng, "pooling_kernel", 1, THREADS, blank(n), a, want=pooled(a), hint=BARRIER)
    _, counts = counted(student, "pooling_kernel", 1, THREADS, blank(7), np.arange(7, dtype=np.float32))
    hint = "Three threads need each number: load it once into shared memory, and read it there."
    at_most(counts, "reads", 1, 7, "elements read from a, which has 7", hint)


@pytest.mark.task("02.9")
def test_dot(student, rng):
    hint = (
        "With more elements than threads, add several products per thread; then add the sums of the threads."
    )
    for n in (THREADS, 8 * THREADS, 3 * THREADS + 5):
        a, b = reals(rng, n), reals(rng, n)
        # 64 products: |error| <= 64 units of float32 of the sum of their sizes, which a millionth of 1 is near to.
        want = np.array([a.astype(np.float64) @ b])
        expect_plain(student, "dot_kernel", 1, THREADS, blank(1), a, b, want=want, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.9")
def test_dot_edges(student, rng):
    """Fewer elements than threads; any order; out is written once."""
    hint = (
        "A thread without an element adds 0: write 0 to its element of shared memory before the tree starts."
    )
    for n in (1, 5, 7):
        a, b = wholes(rng, n), wholes(rng, n)
        want = np.array([a.astype(np.float64) @ b])
        expect_orders(student, rng, "dot_kernel", 1, THREADS, blank(1), a, b, want=want, hint=hint)
    _, counts = counted(student, "dot_kernel", 1, THREADS, blank(1), wholes(rng, 7), wholes(rng, 7))
    at_most(
        counts, "writes", 0, 1, "writes to out[0]", "Add in shared memory, and let one thread write the sum."
    )


@pytest.mark.task("02.10")
def test_conv1d(student, rng):
    hint = "Multiply weights[0] with a[i - 2], and weights[4] with a[i + 2]: do not reverse the weights."
    for n in (3 * THREADS, 2 * THREADS + 5):
        a, weights = reals(rng, n), reals(rng, 2 * RADIUS + 1)
        want = smoothed(a, weights)
        expect_plain(student, "conv1d_kernel", 3, THREADS, blank(n), a, weights, want=want, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.10")
def test_conv1d_edges(student, rng):
    """Symmetric weights; arrays shorter than the window, or with a partial block; one read per element and block."""
    weights = np.array([1, 2, 3, 2, 1], np.float32)
    hint = f"Beyond the ends of a, use 0. {BARRIER}"
    for n in (1, 3, 10, 21):
        a = wholes(rng, n)
        grid, want = cover(n, block=THREADS), smoothed(a, weights)
        expect_orders(
            student, rng, "conv1d_kernel", grid, THREADS, blank(n), a, weights, want=want, hint=hint
        )
    _, counts = counted(student, "conv1d_kernel", 3, THREADS, blank(21), wholes(rng, 21), weights)
    # 21 elements, and at each of the two block borders 2 neighbours for either side.
    hint = "Load a block's THREADS elements and RADIUS on either side into shared memory, each once."
    at_most(counts, "reads", 1, 21 + 2 * 2 * RADIUS, "elements read from a, by three blocks", hint)

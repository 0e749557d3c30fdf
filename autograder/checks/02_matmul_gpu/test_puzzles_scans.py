"""Tasks 02.11 to 02.15: scan, reduction, tiles, histogram, transposition."""

from __future__ import annotations

import numpy as np
import pytest
from puzzle_play import at_least, at_most, blank, counted, cover, expect_orders, expect_plain, reals, wholes

THREADS, BINS, TILE, SIDE = 8, 12, 4, 32


def prefixes(a: np.ndarray) -> np.ndarray:
    """The running sum of each block."""
    parts = [np.cumsum(a[i : i + THREADS].astype(np.float64)) for i in range(0, len(a), THREADS)]
    return np.concatenate(parts)


def counts_of(a: np.ndarray, before: np.ndarray) -> np.ndarray:
    return before + np.bincount(a, minlength=BINS).astype(np.int32)


@pytest.mark.task("02.11")
def test_prefix_sum(student, rng):
    a = reals(rng, 3 * THREADS)
    hint = "Steps of 1, 2 and 4, in float32; a[i] itself belongs to the sum."
    expect_plain(student, "prefix_sum_kernel", 3, THREADS, blank(len(a)), a, want=prefixes(a), hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.11")
def test_prefix_sum_edges(student, rng):
    """Whole numbers; a last block that is not full; any order; each element read once."""
    hint = "In each step all threads read, then a barrier, then all write, then a barrier."
    for n in (1, 7, 13, 21):
        a = wholes(rng, n)
        grid, want = cover(n, block=THREADS), prefixes(a)
        expect_orders(student, rng, "prefix_sum_kernel", grid, THREADS, blank(n), a, want=want, hint=hint)
    _, counts = counted(student, "prefix_sum_kernel", 2, THREADS, blank(13), wholes(rng, 13))
    hint = "Fetch each element into shared memory once, and take the terms from there."
    at_most(counts, "reads", 1, 13, "elements read from a, which has 13", hint)


@pytest.mark.task("02.12")
def test_axis_sum(student, rng):
    a = reals(rng, 5, 8 * THREADS)
    hint = "Block i has row i; its threads' own sums are float32, and are added in shared memory."
    want = a.astype(np.float64).sum(axis=1)
    expect_plain(student, "axis_sum_kernel", 5, THREADS, blank(5), a, want=want, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.12")
def test_axis_sum_edges(student, rng):
    """Whole numbers; rows that are shorter than the block, or fill no multiple of it."""
    hint = "A thread without an element adds 0. In the tree, a barrier comes before each step."
    for m, n in ((1, 1), (7, 3), (3, 13), (2, 29)):
        a = wholes(rng, m, n)
        want = a.astype(np.float64).sum(axis=1)
        expect_orders(student, rng, "axis_sum_kernel", m, THREADS, blank(m), a, want=want, hint=hint)
    _, counts = counted(student, "axis_sum_kernel", 2, THREADS, blank(2), wholes(rng, 2, 64))
    # 8 threads side by side want the 32 bytes of one sector; with a stretch of its own, each wants a sector.
    hint = "Thread t takes elements t, t + THREADS, t + 2 * THREADS, ...: neighbours at the same time."
    at_least(counts, "efficiency", 1, 0.99, "share of the bytes fetched from a that was asked for", hint)


@pytest.mark.task("02.13")
def test_matmul(student, rng):
    m, k, n = 2 * TILE, 4 * TILE, 3 * TILE
    a, b = reals(rng, m, k), reals(rng, k, n)
    hint = (
        "k is several tiles: add the products of all of them, and load the next when all have used the last."
    )
    want = a.astype(np.float64) @ b
    expect_plain(student, "matmul_kernel", (3, 2), (TILE, TILE), blank(m, n), a, b, want=want, hint=hint)


@pytest.mark.task("02.13")
def test_matmul_edges(student, rng):
    """Tiles that are not full, k below one tile; and the reads of a product that fits."""
    hint = "What lies outside a or b is 0 in the tile; what lies outside out is not written."
    for m, k, n in ((1, 1, 1), (5, 3, 6), (4, 2, 9), (10, 4, 3)):
        a, b = wholes(rng, m, k), wholes(rng, k, n)
        grid, want = cover(n, m, block=TILE), a.astype(np.float64) @ b
        expect_orders(
            student, rng, "matmul_kernel", grid, (TILE, TILE), blank(m, n), a, b, want=want, hint=hint
        )
    m, k, n = 2 * TILE, TILE, 2 * TILE
    _, counts = counted(
        student, "matmul_kernel", (2, 2), (TILE, TILE), blank(m, n), wholes(rng, m, k), wholes(rng, k, n)
    )
    hint = "Each thread of a block fetches one element of each tile; TILE threads use it."
    for which, name in ((1, "a"), (2, "b")):
        at_most(counts, "reads", which, m * n * k / TILE, f"elements read from {name}", hint)


@pytest.mark.task("02.14")
def test_histogram(student, rng):
    a, before = rng.integers(0, BINS, 96).astype(np.int32), rng.integers(0, 100, BINS).astype(np.int32)
    hint = "There are more bins than threads in a block: set all of them to 0, and add all of them to out."
    expect_plain(student, "histogram_kernel", 3, THREADS, before, a, want=counts_of(a, before), hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.14")
def test_histogram_edges(student, rng):
    """No elements; one value many times; few values. Any order, and few changes of out."""
    hint = "out[v] += 1 reads, adds and writes, and another thread may come between: cuda.atomic.add does not let it."
    for grid, n, highest in ((1, 0, 1), (1, 5, 1), (2, 45, 1), (3, 29, 4)):
        a, before = rng.integers(0, highest, n).astype(np.int32), rng.integers(0, 100, BINS).astype(np.int32)
        want = counts_of(a, before)
        expect_orders(student, rng, "histogram_kernel", grid, THREADS, before, a, want=want, hint=hint)
    a = rng.integers(0, 4, 120).astype(np.int32)
    _, counts = counted(student, "histogram_kernel", 2, THREADS, np.zeros(BINS, np.int32), a)
    hint = "Count in shared memory first; then each block adds each of its bins to out once."
    at_most(counts, "writes", 0, 2 * BINS, f"changes of out by two blocks, {BINS} bins each", hint)
    at_most(counts, "reads", 1, 120, "elements read from a, which has 120", "Read a[i] once.")


@pytest.mark.task("02.15")
def test_transpose(student, rng):
    a = reals(rng, 2 * SIDE, SIDE)
    hint = "The block at (x, y) of a belongs to (y, x) of out; within it, rows become columns."
    out, want = blank(SIDE, 2 * SIDE), a.T.astype(np.float64)
    expect_plain(student, "transpose_kernel", (1, 2), (SIDE, SIDE), out, a, want=want, hint=hint)


@pytest.mark.task("02.15")
def test_transpose_edges(student, rng):
    """Matrices that fill no block; whole rows at a time on both sides, and no conflicts between banks."""
    hint = "The guard of the read is the shape of a, the guard of the write is the shape of out."
    for m, n in ((1, 33), (40, 50)):
        a = wholes(rng, m, n)
        grid, want = cover(n, m, block=SIDE), a.T.astype(np.float64)
        expect_orders(
            student, rng, "transpose_kernel", grid, (SIDE, SIDE), blank(n, m), a, want=want, hint=hint
        )
    _, counts = counted(
        student, "transpose_kernel", (1, 1), (SIDE, SIDE), blank(SIDE, SIDE), wholes(rng, SIDE, SIDE)
    )
    # A warp's 32 numbers side by side are 4 sectors; below each other they lie in 32, an eighth of each wanted.
    for which, name, verb in ((1, "a", "reads"), (0, "out", "writes")):
        hint = f"The threads of a warp differ in threadIdx.x: it has to be the last index of {name} for what it {verb}."
        at_least(
            counts, "efficiency", which, 0.99, f"share of the bytes moved of {name} that was asked for", hint
        )
    # 1 without conflicts; in rows of 32 words a column lies in one bank, which takes 32 turns.
    hint = "A column of a 32-wide tile lies in one bank. In a tile with 33 columns it lies in 32 banks."
    at_most(counts, "ways", None, 1.0, "turns of a request to shared memory", hint)

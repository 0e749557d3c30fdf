"""Tasks 02.11 to 02.15: scan, reduction, tiles, histogram, transpose."""

from __future__ import annotations

import numpy as np
import pytest
from puzzle_play import at_least, at_most, blank, counted, cover, expect_orders, expect_plain, reals, wholes

THREADS, BINS, TILE, SIDE = 8, 12, 4, 32


def prefixes(a: np.ndarray) -> np.ndarray:
    """Return the running sums of each block."""
    parts = [np.cumsum(a[i : i + THREADS].astype(np.float64)) for i in range(0, len(a), THREADS)]
    return np.concatenate(parts)


def counts_of(a: np.ndarray, before: np.ndarray) -> np.ndarray:
    return before + np.bincount(a, minlength=BINS).astype(np.int32)


@pytest.mark.task("02.11")
def test_prefix_sum(student, rng):
    hint = "Add at distances 1, 2 and 4, in float32; the sum includes a[i] itself."
    for n in (3 * THREADS, 2 * THREADS + 5):
        a = reals(rng, n)
        expect_plain(student, "prefix_sum_kernel", 3, THREADS, blank(n), a, want=prefixes(a), hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.11")
def test_prefix_sum_edges(student, rng):
    """Integers; a partial last block; any order; each element read once."""
    hint = "In each step: all threads read, a barrier, all threads write, a barrier."
    for n in (1, 7, 13, 21):
        a = wholes(rng, n)
        grid, want = cover(n, block=THREADS), prefixes(a)
        expect_orders(student, rng, "prefix_sum_kernel", grid, THREADS, blank(n), a, want=want, hint=hint)
    _, counts = counted(student, "prefix_sum_kernel", 2, THREADS, blank(13), wholes(rng, 13))
    hint = "Load each element into shared memory once, and read the terms from there."
    at_most(counts, "reads", 1, 13, "elements read from a, which has 13", hint)


@pytest.mark.task("02.12")
def test_axis_sum(student, rng):
    hint = "Block i computes row i: add up in float32 per thread, then add these sums in shared memory."
    for m, n in ((5, 8 * THREADS), (3, 2 * THREADS + 5)):
        a = reals(rng, m, n)
        want = a.astype(np.float64).sum(axis=1)
        expect_plain(student, "axis_sum_kernel", m, THREADS, blank(m), a, want=want, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.12")
def test_axis_sum_edges(student, rng):
    """Integers; rows shorter than the block, or no multiple of it."""
    hint = "A thread without an element adds 0. In the tree, put a barrier before each step."
    for m, n in ((1, 1), (7, 3), (3, 13), (2, 29)):
        a = wholes(rng, m, n)
        want = a.astype(np.float64).sum(axis=1)
        expect_orders(student, rng, "axis_sum_kernel", m, THREADS, blank(m), a, want=want, hint=hint)
    _, counts = counted(student, "axis_sum_kernel", 2, THREADS, blank(2), wholes(rng, 2, 64))
    # 8 neighbouring threads read the 32 bytes of one sector; with a range of its own, each reads another sector.
    hint = "Let thread t read elements t, t + THREADS, t + 2 * THREADS, ...: neighbours at the same time."
    at_least(counts, "efficiency", 1, 0.99, "share of the bytes moved from a that the threads use", hint)


@pytest.mark.task("02.13")
def test_matmul(student, rng):
    m, k, n = 2 * TILE, 4 * TILE, 3 * TILE
    a, b = reals(rng, m, k), reals(rng, k, n)
    hint = "k has several tiles: add the products of all of them, and load the next after all threads used the last."
    want = a.astype(np.float64) @ b
    expect_plain(student, "matmul_kernel", (3, 2), (TILE, TILE), blank(m, n), a, b, want=want, hint=hint)


@pytest.mark.task("02.13")
def test_matmul_edges(student, rng):
    """Partial tiles, k below one tile; and the reads of a product of whole tiles."""
    hint = "Put 0 into the tile for positions outside of a or b; do not write outside of out."
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
    hint = "Load one element of each tile per thread; TILE threads use it."
    for which, name in ((1, "a"), (2, "b")):
        at_most(counts, "reads", which, m * n * k / TILE, f"elements read from {name}", hint)


@pytest.mark.task("02.14")
def test_histogram(student, rng):
    hint = "There are more bins than threads in a block: set all bins to 0, and add all of them to out."
    for n in (96, 45):
        a, before = rng.integers(0, BINS, n).astype(np.int32), rng.integers(0, 100, BINS).astype(np.int32)
        expect_plain(student, "histogram_kernel", 3, THREADS, before, a, want=counts_of(a, before), hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.14")
def test_histogram_edges(student, rng):
    """No elements; one value many times; few values. Any order, and few changes of out."""
    hint = "out[v] += 1 reads, adds and writes, and another thread may run in between: use cuda.atomic.add."
    for grid, n, highest in ((1, 0, 1), (1, 5, 1), (2, 45, 1), (3, 29, 4)):
        a, before = rng.integers(0, highest, n).astype(np.int32), rng.integers(0, 100, BINS).astype(np.int32)
        want = counts_of(a, before)
        expect_orders(student, rng, "histogram_kernel", grid, THREADS, before, a, want=want, hint=hint)
    a = rng.integers(0, 4, 120).astype(np.int32)
    _, counts = counted(student, "histogram_kernel", 2, THREADS, np.zeros(BINS, np.int32), a)
    hint = "Count in shared memory first; then add each bin of the block to out once."
    at_most(counts, "writes", 0, 2 * BINS, f"changes of out by two blocks, {BINS} bins each", hint)
    at_most(counts, "reads", 1, 120, "elements read from a, which has 120", "Read a[i] once.")


@pytest.mark.task("02.15")
def test_transpose(student, rng):
    a = reals(rng, 2 * SIDE, SIDE)
    hint = "The block at (x, y) of a goes to (y, x) of out; within it, rows become columns."
    out, want = blank(SIDE, 2 * SIDE), a.T.astype(np.float64)
    expect_plain(student, "transpose_kernel", (1, 2), (SIDE, SIDE), out, a, want=want, hint=hint)


@pytest.mark.task("02.15")
def test_transpose_edges(student, rng):
    """Partial blocks; whole sectors for reads and writes, and no bank conflicts."""
    hint = "Guard the read with the shape of a, and the write with the shape of out."
    for m, n in ((1, 33), (40, 50)):
        a = wholes(rng, m, n)
        grid, want = cover(n, m, block=SIDE), a.T.astype(np.float64)
        expect_orders(
            student, rng, "transpose_kernel", grid, (SIDE, SIDE), blank(n, m), a, want=want, hint=hint
        )
    _, counts = counted(
        student, "transpose_kernel", (1, 1), (SIDE, SIDE), blank(SIDE, SIDE), wholes(rng, SIDE, SIDE)
    )
    # A warp's 32 neighbours in a row are 4 sectors; in a column they are in 32 sectors, an eighth of each used.
    for which, name, verb in ((1, "a", "read"), (0, "out", "write")):
        hint = (
            f"The threads of a warp differ in threadIdx.x: use it for the last index of {name} in the {verb}."
        )
        at_least(
            counts,
            "efficiency",
            which,
            0.99,
            f"share of the bytes moved of {name} that the threads use",
            hint,
        )
    # 1 without conflicts; in rows of 32 words a column is in one bank, which takes 32 turns.
    hint = "A column of a 32-wide tile is in one bank. In a tile with 33 columns it is in 32 banks."
    at_most(counts, "ways", None, 1.0, "turns of a request to shared memory", hint)

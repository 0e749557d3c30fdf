"""Tasks 02.1 to 02.5: maps. Each thread has one element, or none."""

from __future__ import annotations

import numpy as np
import pytest
from puzzle_play import at_most, blank, counted, cover, expect_orders, expect_plain, reals, wholes

SIDE = 8  # of the blocks with two axes


@pytest.mark.task("02.1")
def test_map(student, rng):
    a = reals(rng, 32)
    hint = "The thread's number is the index of its element: read a there, add 10, write out there."
    expect_plain(student, "map_kernel", 1, 32, blank(32), a, want=a.astype(np.float64) + 10, hint=hint)


@pytest.mark.task("02.1")
def test_map_edges(student, rng):
    """Any number of threads, in any order; each accesses only its own element."""
    hint = "cuda.threadIdx.x is the thread's number in its block."
    for n in (1, 7, 100):
        a = np.arange(n, dtype=np.float32)
        expect_orders(student, rng, "map_kernel", 1, n, blank(n), a, want=a + 10.0, hint=hint)
    _, counts = counted(student, "map_kernel", 1, 33, blank(33), np.arange(33, dtype=np.float32))
    # One element read and one written.
    hint = "There are as many threads as elements: drop the loop, each thread has one element."
    at_most(counts, "busiest", None, 2, "accesses to global memory by one thread", hint)


@pytest.mark.task("02.2")
def test_zip(student, rng):
    a, b = reals(rng, 32), reals(rng, 32)
    want = a.astype(np.float64) * b
    expect_plain(
        student, "zip_kernel", 1, 32, blank(32), a, b, want=want, hint="Multiply element i of both arrays."
    )


@pytest.mark.task("02.2")
def test_zip_edges(student, rng):
    """Two equal arrays; each is read once, and out is only written, once."""
    for n in (1, 7, 100):
        a = wholes(rng, n)
        expect_orders(
            student,
            rng,
            "zip_kernel",
            1,
            n,
            blank(n),
            a,
            a.copy(),
            want=a * 1.0 * a,
            hint="Write a[i] * b[i].",
        )
    a = wholes(rng, 33)
    _, counts = counted(student, "zip_kernel", 1, 33, blank(33), a, a.copy())
    hint = "out is in global memory. Compute in a local variable, and write it to out once, at the end."
    at_most(counts, "reads", 0, 0, "elements read from out", hint)
    at_most(counts, "writes", 0, 33, "elements written to out, of 33", hint)


@pytest.mark.task("02.3")
def test_guard(student, rng):
    hint = "If the block fits exactly, the last thread has an element like all others."
    for n in (8, 32):
        a = reals(rng, n)
        expect_plain(student, "guard_kernel", 1, n, blank(n), a, want=3 * a.astype(np.float64), hint=hint)


@pytest.mark.task("02.3")
def test_guard_edges(student, rng):
    hint = "A thread with a number of n or more has no element: read and write only `if` it has one."
    for n, threads in ((1, 2), (5, 8), (7, 8), (3, 64), (33, 64)):
        a = wholes(rng, n)
        expect_orders(student, rng, "guard_kernel", 1, threads, blank(n), a, want=3.0 * a, hint=hint)


@pytest.mark.task("02.4")
def test_map2d(student, rng):
    hint = "Write each element of out: the number if it is positive, else 0. x counts columns, y counts rows."
    for rows, columns in ((2 * SIDE, 2 * SIDE), (SIDE + 3, 3 * SIDE - 3)):
        a = reals(rng, rows, columns)
        want, grid = np.where(a > 0, a, 0).astype(np.float64), cover(columns, rows, block=SIDE)
        expect_plain(student, "map2d_kernel", grid, (SIDE, SIDE), blank(*a.shape), a, want=want, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.4")
def test_map2d_edges(student, rng):
    """Positive numbers; grids that are square, and extend beyond the matrix on either axis."""
    hint = "x counts along the columns, y along the rows, and each axis needs a guard."
    for rows, columns in ((1, 1), (5, 7), (8, 3), (9, 16), (17, 20)):
        a = wholes(rng, rows, columns, low=1)
        grid, block = cover(columns, rows, block=SIDE), (SIDE, SIDE)
        expect_orders(
            student, rng, "map2d_kernel", grid, block, blank(rows, columns), a, want=a * 1.0, hint=hint
        )


@pytest.mark.task("02.5")
def test_broadcast(student, rng):
    hint = "Add column[i, 0] of this row and row[0, j] of this column of out, if out has them."
    for m, n in ((SIDE, 3 * SIDE), (SIDE + 3, 2 * SIDE + 5)):
        column, row = reals(rng, m, 1), reals(rng, 1, n)
        want, grid, out = column.astype(np.float64) + row, cover(n, m, block=SIDE), blank(m, n)
        expect_plain(student, "broadcast_kernel", grid, (SIDE, SIDE), out, column, row, want=want, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.5")
def test_broadcast_edges(student, rng):
    """Results of a single row or column, and tall ones, one block wide."""
    hint = "A block may extend beyond out below and on the right: use two guards, one per axis."
    for m, n in ((1, 1), (1, 5), (9, 1), (21, 7), (5, 3)):
        column, row = wholes(rng, m, 1), wholes(rng, 1, n)
        grid, out = cover(n, m, block=SIDE), blank(m, n)
        want = column.astype(np.float64) + row
        expect_orders(
            student, rng, "broadcast_kernel", grid, (SIDE, SIDE), out, column, row, want=want, hint=hint
        )

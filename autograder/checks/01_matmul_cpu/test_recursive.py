"""Task 01.5: divide and conquer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracle import expect_product
from rungs import check_float64, check_rectangles, check_sizes, check_squares, check_threads
from speed import expect_speed

from autograder.judge.checking import fail

# Half of what the reference gets on one core beside the triad on one core, which is 1.2 to 1.5 at this size: all of
# it is still in the caches, so that the recursion costs little and gains little.
HALF = 0.6
# The leaf that the module's constants describe: m and k up to 64, n up to 64 * 8 and a little more.
LEAF, LEAF_COLUMNS = 64, 64 * 8 + 7


# Every cut of these gives two equal halves: an edge that is lost elsewhere is for the checks of values to find.
WHOLE = ((256, 256, 2048), (8192, 64, 64), (64, 8192, 64), (64, 64, 65536))


def check_cover(leaves, sides):
    """Every multiplication of the block is in exactly one leaf."""
    i0, i1, p0, p1, j0, j1 = leaves.T
    covered = int(((i1 - i0) * (p1 - p0) * (j1 - j0)).sum())
    corners = leaves[:, [0, 2, 4]]
    within = (leaves[:, 0::2] >= 0).all() and (leaves[:, 1::2] <= np.array(sides)).all()
    if covered != math.prod(sides) or not within or len(np.unique(corners, axis=0)) != len(leaves):
        fail(
            "the leaves of _divide do not cover each multiplication once",
            call=f"_divide(Block(0, {sides[0]}, 0, {sides[1]}, 0, {sides[2]}), leaves)",
            got=f"{len(leaves)} leaves with {covered} multiplications",
            expected=f"{math.prod(sides)} multiplications, none of them twice",
            hint="The second half begins where the first half ends: both get the same `middle`.",
        )


@pytest.mark.task("01.5")
def test_divide_and_conquer_squares(student, rng):
    check_squares(student, rng, "divide_and_conquer")


@pytest.mark.task("01.5")
def test_divide_and_conquer_rectangles(student, rng):
    check_rectangles(student, rng, "divide_and_conquer")


@pytest.mark.task("01.5")
def test_divide_and_conquer_float64(student, rng):
    check_float64(student, rng, "divide_and_conquer")


@pytest.mark.hidden
@pytest.mark.task("01.5")
def test_divide_and_conquer_empty(student, rng):
    hint = "Half of nothing is nothing: does the recursion end when a side is 0?"
    check_sizes(student, rng, "divide_and_conquer", ((0, 70, 3), (70, 0, 3), (3, 70, 0), (64, 64, 64)), hint)


@pytest.mark.task("01.5")
def test_divide_and_conquer_leaves_fit(student):
    """Every side of every leaf is within the limit, whatever the shape of the block."""
    for sides in (*WHOLE, (1000, 70, 30), (30, 1000, 70), (30, 70, 9000)):
        leaves = student.probe("leaves", *sides, gives=np.dtype(np.int64))
        if leaves.shape[1:] != (6,):
            fail("the list of leaves has another shape", got=str(leaves.shape), expected="(leaves, 6)")
        i0, i1, p0, p1, j0, j1 = leaves.T
        # A lost edge is for the checks of values to find.
        if int(((i1 - i0) * (p1 - p0) * (j1 - j0)).sum()) < math.prod(sides) // 2:
            fail(
                "the leaves of _divide are not the whole block",
                call=f"_divide(Block(0, {sides[0]}, 0, {sides[1]}, 0, {sides[2]}), leaves)",
                got=f"{len(leaves)} leaves",
                expected="leaves that cover every multiplication once",
                hint="A block that is small enough goes to the list of leaves; of a larger one both halves do.",
            )
        if sides in WHOLE:
            check_cover(leaves, sides)
        largest = [int((end - start).max(initial=0)) for start, end in ((i0, i1), (p0, p1), (j0, j1))]
        limits = (LEAF, LEAF, LEAF_COLUMNS)
        for name, size, limit in zip("mkn", largest, limits, strict=True):
            if size > limit:
                fail(
                    f"_divide leaves a leaf that is too large for a cache: {name} = {size}",
                    call=f"_divide(Block(0, {sides[0]}, 0, {sides[1]}, 0, {sides[2]}), leaves)",
                    got=f"leaves up to m, k, n = {largest}",
                    expected=f"at most m, k, n = {list(limits)}",
                    hint="A block is cut as long as any of its three sides is too large, and each cut is of its "
                    "largest side (n counts as n // ASPECT).",
                )


@pytest.mark.hidden
@pytest.mark.task("01.5")
def test_divide_and_conquer_depth_in_order(student, rng):
    """One task with many leaves that all add to the same part of c: they must run one after the other."""
    step, count = 32, 256
    a = rng.integers(-8, 9, (48, step * count)).astype(np.float32)
    b = rng.integers(-8, 9, (step * count, 64)).astype(np.float32)
    leaves = [[0, 48, step * t, step * (t + 1), 0, 64] for t in range(count)]
    half = count // 2
    got = student.probe("conquer", a, b, np.array(leaves, np.int64), np.array([0, half], np.int64))
    expect_product(
        got,
        a[:, : step * half],
        b[: step * half],
        call="_conquer(a, b, c, leaves, starts) with starts = [0, half of the leaves]",
        hint="Task t is the leaves from starts[t] up to starts[t + 1], and there are len(starts) - 1 tasks.",
    )
    for _ in range(4):
        got = student.probe("conquer", a, b, np.array(leaves, np.int64), np.array([0, count], np.int64))
        expect_product(
            got,
            a,
            b,
            call="_conquer(a, b, c, leaves, starts) with all leaves in one task",
            hint="Leaves of one task may add to the same part of c: threads share the tasks, not the leaves.",
        )


@pytest.mark.task("01.5")
def test_divide_and_conquer_uses_threads(student, rng):
    hint = "The tasks write to different parts of c: the loop over tasks can be a prange."
    check_threads(student, rng, "divide_and_conquer", "_conquer", hint)


@pytest.mark.task("01.5")
def test_divide_and_conquer_speed(student, baseline, rng):
    hint = (
        "How many leaves does _divide make? Each costs a step in Python and a call: stop at LEAF, not before."
    )
    expect_speed(
        student,
        baseline,
        rng,
        "divide_and_conquer",
        "_conquer",
        "triad",
        (512, 512, 512),
        at_least=HALF,
        hint=hint,
    )

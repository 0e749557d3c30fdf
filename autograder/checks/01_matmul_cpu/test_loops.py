"""Tasks 01.1 and 01.2: plain Python over lists of rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracle import expect_list_product, matrices

from autograder.judge.checking import ListOf, expect_equal, fail

SQUARES = (1, 2, 5, 8)
RECTANGLES = ((2, 3, 4), (4, 3, 2), (1, 7, 3), (5, 1, 6), (3, 6, 1))


def lists(rng, m, k, n):
    a, b = matrices(rng, m, k, n, np.float64)
    return a.tolist(), b.tolist()


LEFT_ALONE = "The caller still needs a and b: read them, never write to them."


def matrix(rows, columns):
    """The form of a list of rows; a sum that starts from 0 and has no terms is an int."""
    return ListOf(ListOf({int, float}, columns), rows)


def check_squares(student, rng, function, *, operands=False):
    """The products are right. operands: and afterwards the operands are what they were."""
    for n in SQUARES:
        a, b = lists(rng, n, n, n)
        got, after = student.call_keeping(function, a, b, gives=matrix(n, n))
        expect_list_product(got, a, b, hint="c[i][j] is the sum over p of a[i][p] * b[p][j].")
        if operands:
            expect_equal(after, [a, b], hint=LEFT_ALONE)


def check_rectangles(student, rng, function):
    for m, k, n in RECTANGLES:
        a, b = lists(rng, m, k, n)
        hint = f"a is {m} x {k} and b is {k} x {n}: which loop runs over m, which over k, and which over n?"
        expect_list_product(student.call(function, a, b, gives=matrix(m, n)), a, b, hint=hint)


def check_nan(student, rng, function):
    """Zero times infinity is NaN, and NaN times anything is NaN: no term may be left out."""
    a, b = lists(rng, 4, 4, 4)
    a[0][1], b[1][2] = 0.0, math.inf
    a[2][3], b[3][0] = math.nan, 0.0
    got = student.call(function, a, b, gives=ListOf(ListOf(float, 4), 4))
    with np.errstate(invalid="ignore"):
        want = np.array(a) @ np.array(b)
    wrong = "in row 0, 0.0 * inf is NaN; in row 2, NaN spreads to every element"
    if not np.array_equal(np.isnan(np.array(got)), np.isnan(want)):
        fail(
            f"NaN and infinity get lost: {wrong}",
            got=str(got),
            expected=str(want.tolist()),
            hint="Add every term, also those where a factor is zero.",
        )


def trace(student, rng, function):
    """The reads of `function` from a 4 x 5 and a 5 x 6 matrix: (reads of a, reads of b, row lookups).

    The product of two square matrices must be right before the order of the reads counts.
    """
    a, b = lists(rng, 3, 3, 3)
    got = student.call(function, a, b, gives=matrix(3, 3))
    expect_list_product(got, a, b, hint="The result must be right before the order of the reads counts.")
    form = (np.dtype(np.int64), [int, int])
    places, lookups = student.probe("reads", function, *lists(rng, 4, 5, 6), gives=form)
    if places.ndim != 2 or places.shape[1] != 3:
        fail("the record of what was read has another shape", got=str(places.shape), expected="(reads, 3)")
    return places[places[:, 0] == 0][:, 1:], places[places[:, 0] == 1][:, 1:], lookups


def check_order(read_a, read_b, *, fastest):
    """i outermost, and along b the index `fastest` ("p" or "j") changes at each step."""
    if len(read_b) < 4 * 5 * 6 // 2 or len(read_a) == 0:  # a wrong size is for other checks to find
        fail(
            "the function does not read its operands one number after the other",
            got=f"{len(read_b)} reads of b",
            expected="m * k * n = 120 reads of b",
            hint="Index the rows of a and b themselves, in three nested loops; do not copy them first.",
        )
    steps = np.diff(read_b, axis=0)
    along = {
        "p": int(((steps[:, 0] == 1) & (steps[:, 1] == 0)).sum()),
        "j": int(((steps[:, 0] == 0) & (steps[:, 1] == 1)).sum()),
    }
    order = {"p": "i, j, k", "j": "i, k, j"}[fastest]
    if along[fastest] < 0.6 * len(steps):
        way = "down a column" if along["p"] > along["j"] else "along a row"
        fail(
            f"not the order {order}: the inner loop steps {way} of b",
            got="b was read at " + ", ".join(str(tuple(map(int, x))) for x in read_b[:5]) + ", ...",
            expected=f"the loops in the order {order}",
            hint="Which index belongs in the innermost loop? The picture of the access pattern in the lab shows it.",
        )
    if (np.diff(read_a[:, 0]) < 0).any():
        fail(
            f"not the order {order}: row 0 of a is read again after row 1",
            got="a was read at " + ", ".join(str(tuple(map(int, x))) for x in read_a[:5]) + ", ...",
            expected="the loop over i outermost",
            hint="Finish one row of the result before the next: i is the outermost loop.",
        )


@pytest.mark.task("01.1")
def test_python_loops_squares(student, rng):
    check_squares(student, rng, "python_loops")


@pytest.mark.task("01.1")
def test_python_loops_rectangles(student, rng):
    check_rectangles(student, rng, "python_loops")


@pytest.mark.task("01.1")
def test_python_loops_leaves_operands(student, rng):
    a, b = lists(rng, 4, 4, 4)
    got, after = student.call_keeping("python_loops", a, b, gives=matrix(4, 4))
    expect_list_product(got, a, b, hint="c[i][j] is the sum over p of a[i][p] * b[p][j].")
    expect_equal(after, [a, b], hint=LEFT_ALONE)


@pytest.mark.task("01.1")
def test_python_loops_order(student, rng):
    read_a, read_b, _ = trace(student, rng, "python_loops")
    check_order(read_a, read_b, fastest="p")


@pytest.mark.hidden
@pytest.mark.task("01.1")
def test_python_loops_keeps_nan(student, rng):
    check_nan(student, rng, "python_loops")


@pytest.mark.task("01.2")
def test_python_reordered_squares(student, rng):
    check_squares(student, rng, "python_reordered", operands=True)


@pytest.mark.task("01.2")
def test_python_reordered_rectangles(student, rng):
    check_rectangles(student, rng, "python_reordered")


@pytest.mark.task("01.2")
def test_python_reordered_order(student, rng):
    read_a, read_b, _ = trace(student, rng, "python_reordered")
    check_order(read_a, read_b, fastest="j")


@pytest.mark.task("01.2")
def test_python_reordered_hoists_rows(student, rng):
    _, _, (_, rows_of_b) = trace(student, rng, "python_reordered")
    m, k = 4, 5
    if rows_of_b > 2 * m * k:  # m * k lookups, and room for the operand check's own
        fail(
            "rows of b are looked up inside the inner loop",
            got=f"{rows_of_b} lookups of a row of b",
            expected=f"about m * k = {m * k}",
            hint="Give the row a name before the inner loop (row_b = b[p]) and use the name inside it.",
        )


@pytest.mark.hidden
@pytest.mark.task("01.2")
def test_python_reordered_keeps_nan(student, rng):
    check_nan(student, rng, "python_reordered")

"""Checks that every compiled rung must pass, whatever its idea."""

from __future__ import annotations

import numpy as np
from oracle import expect_product, matrices

from autograder.judge.compare import expect_equal, fail

SQUARES = (1, 4, 32, 64, 128)  # sizes that fit every tile and every block
RECTANGLES = ((3, 5, 2), (33, 17, 65), (1, 70, 9), (130, 1, 7), (67, 129, 1), (70, 300, 131))


def check_squares(student, rng, function):
    for n in SQUARES:
        a, b = matrices(rng, n, n, n)
        expect_product(
            student.call(function, a, b), a, b, hint="c[i, j] is the sum over p of a[i, p] * b[p, j]."
        )


def check_rectangles(student, rng, function):
    for m, k, n in RECTANGLES:
        a, b = matrices(rng, m, k, n)
        hint = f"a is {m} x {k} and b is {k} x {n}: does every loop end where its matrix ends, also at an odd size?"
        expect_product(student.call(function, a, b), a, b, hint=hint)


def check_float64(student, rng, function):
    for n in (16, 64):
        a, b = matrices(rng, n, n, n, np.float64)
        hint = "float64 operands need float64 sums: does a float32 number get in somewhere?"
        expect_product(student.call(function, a, b), a, b, hint=hint)


def check_zero_depth(student, rng, kernel):
    """k = 0: a sum without terms is 0, and somebody has to write that zero."""
    a, b = matrices(rng, 4, 0, 4)
    got = student.probe("onto_garbage", kernel, a, b, 4, 4)
    expect_equal(
        got, np.zeros((4, 4), np.float32), hint="c holds garbage at first: also when k is 0, each c[i, j] must be set."
    )


def check_own_code(student, rng, function, kernel):
    """The loops are the student's own, compiled by numba."""
    seen = student.probe("compiled", function, kernel, *matrices(rng, 8, 8, 8))
    if seen.get("compiled") is not True:
        fail(
            f"{kernel} is not compiled by numba",
            got="a plain Python function",
            expected="a function with @njit that numba compiles",
            hint="Keep the @njit line above the kernel: it is part of the starter.",
        )
    if seen.get("blas") is not False:
        fail(
            f"{kernel} calls a BLAS library",
            got="np.dot, @ or the like in the compiled code",
            expected="loops of your own",
            hint="This rung is about your loops: write them out, without np.dot and without @.",
        )

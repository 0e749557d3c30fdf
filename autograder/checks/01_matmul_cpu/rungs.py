"""Checks that every compiled rung must pass, whatever its idea."""

from __future__ import annotations

import numpy as np
from oracle import expect_product, matrices
from patterns import GARBAGE

from autograder.judge.checking import CheckFailure, StudentFailure, expect_equal, fail
from reference.shared.machine import usable_cores

SQUARES = (1, 4, 32, 64, 128)  # sizes that fit every tile and every block
RECTANGLES = ((3, 5, 2), (33, 17, 65), (1, 70, 9), (130, 1, 7), (67, 129, 1), (70, 300, 131))

# Two threads that share a loop evenly work the same time; a busy machine, and the transfers of the operands
# on the main thread, leave far more than this.
LEAST_SHARE = 0.2
TRIES = 60  # another program may keep the second core busy for a while
ONTO_GARBAGE = ("numba_loops", "numba_parallel")  # their kernels get a c that nobody cleared


def check_call(student, function, a, b, hint, *, operands=False):
    """The product is right; where it is not, and the kernel leaves what its c held before, the hint says so.

    operands: compare the operands with copies afterwards. One check of each task does, because it costs a transfer.
    """
    got, after = student.call_keeping(function, a, b) if operands else (student.call(function, a, b), None)
    try:
        expect_product(got, a, b, hint=hint)
    except CheckFailure as error:
        if function not in ONTO_GARBAGE or error.feedback.hint == GARBAGE:
            raise
        call = student.describe(function, a, b)
        try:
            left = student.probe("onto_garbage", f"_{function}", a, b, a.shape[0], b.shape[1])
            seen = type(left) is np.ndarray and left.dtype == a.dtype and np.isnan(left).any()
        except StudentFailure:
            raise error from None
        error.feedback = error.feedback.model_copy(update={"call": call, "hint": GARBAGE if seen else hint})
        raise
    if operands:
        expect_equal(after, [a, b], hint="The caller still needs a and b: read them, never write to them.")


def check_squares(student, rng, function, sizes=SQUARES):
    for n in sizes:
        a, b = matrices(rng, n, n, n)
        hint = "c[i, j] is the sum over p of a[i, p] * b[p, j]."
        check_call(student, function, a, b, hint, operands=True)


def check_rectangles(student, rng, function):
    hint = "Does every loop end where its matrix ends, also at an odd size?"
    check_sizes(student, rng, function, RECTANGLES, hint)


def check_sizes(student, rng, function, sizes, hint):
    """`hint` says what is special about these sizes (m, k, n)."""
    for m, k, n in sizes:
        a, b = matrices(rng, m, k, n)
        check_call(student, function, a, b, f"a is {m} x {k} and b is {k} x {n}. {hint}")


def check_float64(student, rng, function, sizes=(16, 64)):
    for n in sizes:
        a, b = matrices(rng, n, n, n, np.float64)
        hint = "float64 operands need float64 sums: does a float32 number get in somewhere?"
        check_call(student, function, a, b, hint)


def check_zero_depth(student, rng, kernel):
    """k = 0: a sum without terms is 0, and somebody has to write that zero; with terms it is the product."""
    hint = "c[i, j] is the sum over p of a[i, p] * b[p, j]."
    check_sizes(student, rng, kernel.removeprefix("_"), ((4, 4, 4),), hint)
    a, b = matrices(rng, 4, 0, 4)
    got = student.probe("onto_garbage", kernel, a, b, 4, 4)
    expect_equal(
        got,
        np.zeros((4, 4), np.float32),
        hint="c holds garbage at first: also when k is 0, each c[i, j] must be set.",
    )


MARK = 3571.0  # what the exchanged kernel writes; no product of random numbers is made of its multiples


def check_kernel(student, rng, function, kernel, sizes=(8, 8, 8)):
    """The result is the kernel's, the kernel is compiled, and it is the student's own code. Returns what was seen.

    A library's product is right, and fast on every core: no rung's speed may come from there. sizes: (m, k, n) of the
    call whose result must be the kernel's.
    """
    seen = student.probe("compiled", function, kernel, *matrices(rng, 8, 8, 8), gives=dict)
    if seen.get("compiled") is not True:
        fail(
            f"{function} uses no {kernel} that numba compiles",
            got="a plain Python function, or one that is not called",
            expected=f"a function with @njit that {function} calls",
            hint="Keep the @njit line above the kernel: it is part of the starter.",
        )
    for key, does, got in (
        ("blas", "calls a BLAS library", "np.dot, @ or the like in the compiled code"),
        ("objects", "calls back into Python", "objmode in the compiled code"),
        (
            "address",
            "calls a function of another library",
            "a call through ctypes or cffi in the compiled code",
        ),
    ):
        if seen.get(key) is not False:
            fail(
                f"{kernel} {does}",
                got=got,
                expected="loops of your own",
                hint="This rung is about your loops: write them out, and let numba compile them.",
            )
    a, b = matrices(rng, *sizes)
    got = student.probe("made_by", function, kernel, a, b, MARK)
    fits = type(got) is np.ndarray and got.dtype == a.dtype and got.shape == (sizes[0], sizes[2])
    turns = got / MARK if fits else np.zeros(1)
    # A multiple, because a function may add up several calls of its kernel.
    if turns.min() < 1 or (turns != np.round(turns)).any():
        fail(
            f"the result of {function} is not what {kernel} computes",
            call=student.describe(function, a, b),
            got=f"another result than the one that {kernel} wrote",
            expected=f"{function} returns the c that {kernel} wrote",
            hint=f"The grader put another function in the place of {kernel}, and the result did not change with it. "
            f"Is the product computed outside of {kernel}?",
        )
    return seen


def check_own_code(student, rng, function, kernel, size=64):
    """The loops are the student's own, compiled by numba, and compute a product of this size, which has no edges."""
    a, b = matrices(rng, size, size, size)
    expect_product(
        student.call(function, a, b), a, b, hint="The result must be right before its code counts."
    )
    return check_kernel(student, rng, function, kernel, (size, size, size))


def check_threads(student, rng, function, kernel, hint):
    """At least two threads take part in an n = 512 product: the operating system's record of CPU time says so.

    A library's threads do not count: the kernel's own code must share a loop.
    """
    seen = check_own_code(student, rng, function, kernel)  # compiles
    if seen.get("parallel") is not True:
        fail(
            "the work is not shared among threads",
            got=f"no loop of {kernel} that numba shares among threads",
            expected="a loop with prange",
            hint=hint,
        )
    share = 0.0
    a = b = np.empty((0, 0))
    for _ in range(TRIES):
        a, b = matrices(rng, 512, 512, 512)
        value, timing = student.timed(function, a, b)
        expect_product(value, a, b, hint="The result must be right before its threads count.")
        threads = [*timing.thread_seconds, 0.0, 0.0]
        share = max(share, threads[1] / max(threads[0], 1e-9))
        if share >= LEAST_SHARE:
            break
    # One core, one thread: then the compiled code has to do. The count is the judge's own: numba's is the student's
    # to set.
    if share < LEAST_SHARE and usable_cores() > 1:
        fail(
            "the work is not shared among threads",
            call=student.describe(function, a, b),
            got=f"the second busiest thread worked {share:.0%} of the time of the busiest",
            expected=f"at least {LEAST_SHARE:.0%}",
            hint=hint,
        )

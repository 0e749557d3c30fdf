"""Speed as a ratio: the student's function and the judge's, by turns, on fresh operands, every result checked."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from oracle import expect_product, matrices
from rungs import check_kernel

from autograder.judge.checking import CheckFailure, Student, StudentFailure, fail, speed_ratio

ROUNDS = 5


def expect_speed(
    student: Student,
    baseline: Student,
    rng: np.random.Generator,
    function: str,
    kernel: str,
    yardstick: str,
    sizes: tuple[int, int, int],
    *,
    at_least: float,
    hint: str,
    repeats: int = 5,
) -> None:
    """Pass when `function`, by its `kernel`, does a float32 product of `sizes` (m, k, n) at `at_least` times the
    speed of `yardstick`.
    """
    check_kernel(student, rng, function, kernel, sizes)  # compiles
    baseline.call(yardstick, *matrices(rng, 8, 8, 8))
    best = best_ratio(student, function, baseline, yardstick, rng, sizes, at_least, repeats)
    student.figure(f"speed beside the judge's {yardstick}", best, "x")
    if best < at_least:
        too_slow(sizes, best, f"the judge's {yardstick}", at_least, hint)


def expect_faster_than_own(
    student: Student,
    rng: np.random.Generator,
    function: str,
    rung: str,
    sizes: tuple[int, int, int],
    *,
    at_least: float,
    hint: str,
) -> None:
    """Pass when `function` is faster than the student's own earlier `rung`; a remark says if that is not written or
    wrong, so that there is nothing to compare with.
    """
    a, b = matrices(rng, *sizes)
    try:
        expect_product(student.call(rung, a, b), a, b, hint="")
    except (StudentFailure, CheckFailure):
        student.remark(
            f"{function} was not compared with your own {rung}, because {rung} is missing or wrong: fix it, and check "
            f"again."
        )
        return
    best = best_ratio(student, function, student, rung, rng, sizes, at_least, 5)
    student.figure(f"speed beside your {rung}", best, "x")
    if best < at_least:
        too_slow(sizes, best, f"your own {rung}", at_least, hint)


def best_ratio(
    student: Student,
    function: str,
    other: Student,
    yardstick: str,
    rng: np.random.Generator,
    sizes: tuple[int, int, int],
    enough: float,
    repeats: int,
) -> float:
    """The best ratio to the speed of `yardstick`; several rounds are measured before a "no".

    A busy machine must not cost a point: threads that wait for each other lose most when one of them has no core.
    """
    best = 0.0
    for _ in range(ROUNDS):
        operands = [matrices(rng, *sizes) for _ in range(repeats)]
        found = speed_ratio(
            lambda i, pairs=operands: student.timed(function, *pairs[i]),
            lambda i, pairs=operands: other.timed(yardstick, *pairs[i]),
            repeats,
        )
        for (a, b), value in zip(operands, found.values, strict=True):
            expect_product(value, a, b, hint="The result must be right at full size before its speed counts.")
        best = max(best, found.ratio)
        if best >= enough:
            break
    return best


def too_slow(sizes: tuple[int, int, int], ratio: float, beside: str, at_least: float, hint: str) -> NoReturn:
    fail(
        f"too slow at m, k, n = {sizes}: {ratio:.2f} times the speed of {beside}",
        got=f"{ratio:.2f} x",
        expected=f"at least {at_least:.2f} x",
        hint=hint,
    )

"""Speed as a ratio: the student's function and the judge's, by turns, on fresh operands, every result checked."""

from __future__ import annotations

import numpy as np
from oracle import expect_product, matrices
from rungs import check_kernel

from autograder.judge.checking import Student, fail, speed_ratio


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

    A second round is measured before a "no": a busy machine must not cost a point.
    """
    check_kernel(student, rng, function, kernel)  # compiles
    baseline.call(yardstick, *matrices(rng, 8, 8, 8))
    best = 0.0
    for _ in range(2):
        operands = [matrices(rng, *sizes) for _ in range(repeats)]
        found = speed_ratio(
            lambda i, pairs=operands: student.timed(function, *pairs[i]),
            lambda i, pairs=operands: baseline.timed(yardstick, *pairs[i]),
            repeats,
        )
        for (a, b), value in zip(operands, found.values, strict=True):
            expect_product(value, a, b, hint="The result must be right at full size before its speed counts.")
        best = max(best, found.ratio)
        if best >= at_least:
            break
    student.figure(f"speed beside the judge's {yardstick}", best, "x")
    if best >= at_least:
        return
    fail(
        f"too slow at m, k, n = {sizes}: {best:.2f} times the speed of the judge's {yardstick}",
        got=f"{best:.2f} x",
        expected=f"at least {at_least:.2f} x",
        hint=hint,
    )

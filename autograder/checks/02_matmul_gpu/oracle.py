"""The judge's own product, and how far a correct answer may be from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judge.checking.compare import expect_close


def matrices(rng: np.random.Generator, m: int, k: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Fresh float32 operands (m, k) and (k, n) with entries of both signs."""
    return rng.standard_normal((m, k)).astype(np.float32), rng.standard_normal((k, n)).astype(np.float32)


def expect_product(got: Any, a: np.ndarray, b: np.ndarray, *, hint: str, call: str = "") -> None:
    """Pass when `got` is the float32 product of `a` and `b`, to within its rounding errors.

    A sum of k products, each step rounded once or twice, in any order, is off by at most gamma * (|a| @ |b|) with
    gamma = (k + 1) u / (1 - (k + 1) u) and u half the epsilon of float32.
    Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.5.
    """
    x, y = a.astype(np.float64), b.astype(np.float64)
    steps = (a.shape[1] + 1) * float(np.finfo(np.float32).eps) / 2
    with np.errstate(invalid="ignore"):
        # A hundredth more for the rounding of the bound itself, and what is too small for a normal number.
        bound = 1.01 * steps / (1 - steps) * (np.abs(x) @ np.abs(y)) + float(np.finfo(np.float32).tiny)
        want = x @ y
    if isinstance(got, np.ndarray) and got.shape == want.shape and np.isnan(got[~np.isnan(want)]).any():
        hint = f"NaN is what memory holds here before somebody writes it. {hint}"
    expect_close(got, want, atol=bound, dtype=np.float32, hint=hint, call=call)

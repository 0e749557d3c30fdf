"""The judge's own product, and how far a correct answer may be from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from patterns import garbage, one_row

from autograder.judge.checking.compare import expect_close


def matrices(
    rng: np.random.Generator, m: int, k: int, n: int, dtype: Any = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """Fresh operands (m, k) and (k, n) with entries of both signs."""
    return rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)


def product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`a @ b` in a wider type, and the largest error an element may have.

    A sum of k products, each step rounded once or twice, in any order, is off by at most
    gamma * (|a| @ |b|) with gamma = (k + 1) u / (1 - (k + 1) u) and u half the dtype's epsilon.
    Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.5.
    """
    wide = np.float64 if a.dtype == np.float32 else np.longdouble
    x, y = a.astype(wide), b.astype(wide)
    steps = (a.shape[1] + 1) * float(np.finfo(a.dtype).eps) / 2
    # The bound itself in float64, and a hundredth more for its own rounding.
    bound = 1.01 * steps / (1 - steps) * (np.abs(a).astype(np.float64) @ np.abs(b).astype(np.float64))
    return x @ y, bound + float(np.finfo(a.dtype).tiny)


def expect_product(got: Any, a: np.ndarray, b: np.ndarray, *, hint: str, call: str = "") -> None:
    """Pass when `got` is the product of `a` and `b` in their dtype, to within its rounding errors."""
    want, bound = product(a, b)
    expect_close(got, want, atol=bound, dtype=a.dtype, hint=garbage(got, want) or hint, call=call)


def expect_list_product(got: Any, a: list[list[float]], b: list[list[float]], *, hint: str) -> None:
    """The same for matrices that are lists of rows."""
    want, bound = product(np.array(a), np.array(b))
    expect_close(got, want.astype(np.float64).tolist(), atol=2 * bound, hint=one_row(got, want) or hint)

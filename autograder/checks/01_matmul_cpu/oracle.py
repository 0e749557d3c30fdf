"""The judge's own product, and how far a correct answer may be from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from patterns import garbage, one_row

from autograder.judge.checking import expect_close, product_and_bound


def matrices(
    rng: np.random.Generator, m: int, k: int, n: int, dtype: Any = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """Fresh operands (m, k) and (k, n) with entries of both signs."""
    return rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)


def expect_product(got: Any, a: np.ndarray, b: np.ndarray, *, hint: str, call: str = "") -> None:
    """Pass when `got` is the product of `a` and `b` in their dtype, to within its rounding errors."""
    want, bound = product_and_bound(a, b)
    expect_close(got, want, atol=bound, dtype=a.dtype, hint=garbage(got, want) or hint, call=call)


def expect_list_product(
    got: list[list[float]], a: list[list[float]], b: list[list[float]], *, hint: str
) -> None:
    """The same for matrices that are lists of rows."""
    want, bound = product_and_bound(np.array(a), np.array(b))
    expect_close(got, want.astype(np.float64).tolist(), atol=2 * bound, hint=one_row(got, want) or hint)

"""The judge's own product, and the error that a correct answer may have."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judge.checking import expect_close, product_and_bound


def matrices(rng: np.random.Generator, m: int, k: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Fresh float32 operands (m, k) and (k, n) with entries of both signs."""
    return rng.standard_normal((m, k)).astype(np.float32), rng.standard_normal((k, n)).astype(np.float32)


def expect_product(got: Any, a: np.ndarray, b: np.ndarray, *, hint: str, call: str = "") -> None:
    """Pass if `got` is the float32 product of `a` and `b`, within its rounding errors."""
    want, bound = product_and_bound(a, b)
    if isinstance(got, np.ndarray) and got.shape == want.shape and np.isnan(got[~np.isnan(want)]).any():
        hint = f"Here memory holds NaN until a thread writes it. {hint}"
    expect_close(got, want, atol=bound, dtype=np.float32, hint=hint, call=call)

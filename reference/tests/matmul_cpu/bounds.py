"""How far a product may be from the exact one, and arrays in every memory order."""

from __future__ import annotations

import numpy as np

from autograder.judge.checking import product_and_bound

LAYOUTS = ("C", "F", "every second", "backwards", "window", "rows repeated", "columns repeated")


def strided(rng: np.random.Generator, m: int, n: int, dtype: type, layout: str) -> np.ndarray:
    """An (m, n) array of random numbers in one of the memory orders that a caller may have."""
    if layout == "every second":
        return rng.standard_normal((2 * m, 3 * n)).astype(dtype)[::2, ::3]
    if layout == "backwards":
        return rng.standard_normal((m, n)).astype(dtype)[::-1, ::-1]
    if layout == "window":
        return rng.standard_normal((m + 3, n + 5)).astype(dtype)[1 : m + 1, 2 : n + 2]
    if layout == "rows repeated":
        return np.broadcast_to(rng.standard_normal((1, n)).astype(dtype), (m, n))
    if layout == "columns repeated":
        return np.broadcast_to(rng.standard_normal((m, 1)).astype(dtype), (m, n))
    return np.asarray(rng.standard_normal((m, n)).astype(dtype), order="F" if layout == "F" else "C")


def assert_product(got: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Each element within the error bound of the product in higher precision."""
    assert_within(got, a.dtype, *product_and_bound(a, b))


def assert_within(got: np.ndarray, dtype: np.dtype, exact: np.ndarray, bound: np.ndarray) -> None:
    """The dtype and the shape of the product, and no element further from it than the bound."""
    assert got.dtype == dtype
    assert got.shape == exact.shape
    wrong = np.argwhere(~(np.abs(got - exact) <= bound))
    assert not len(wrong), f"{len(wrong)} of {got.size} elements are wrong, first {tuple(wrong[0])}"

"""How far a product may be from the exact one, and arrays in every memory order."""

from __future__ import annotations

import numpy as np

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


def product_and_bound(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The product in higher precision, and gamma_k |A| |B|: how far each element of another may be from it.

    gamma_k = k u / (1 - k u) with the unit roundoff u bounds a sum of k products in any order, fused or not.
    Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.5.
    """
    wide = np.longdouble if a.dtype == np.float64 else np.float64
    steps = (a.shape[1] + 1) * float(np.finfo(a.dtype).eps) / 2
    gamma = steps / (1 - steps)
    exact, size = a.astype(wide) @ b.astype(wide), np.abs(a).astype(wide) @ np.abs(b).astype(wide)
    return exact, gamma * size + np.finfo(a.dtype).tiny


def assert_product(got: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Each element within the error bound of the product in higher precision."""
    assert_within(got, a.dtype, *product_and_bound(a, b))


def assert_within(got: np.ndarray, dtype: np.dtype, exact: np.ndarray, bound: np.ndarray) -> None:
    """The dtype and the shape of the product, and no element further from it than the bound."""
    assert got.dtype == dtype
    assert got.shape == exact.shape
    wrong = np.argwhere(~(np.abs(got - exact) <= bound))
    assert not len(wrong), f"{len(wrong)} of {got.size} elements are wrong, first {tuple(wrong[0])}"

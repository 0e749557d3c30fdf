"""Bounds on rounding errors of correct sums and products.

Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, sections 2.2 and 3.1 to 3.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np

ROUNDOFF = {"bfloat16": 2.0**-8, "float16": 2.0**-11, "float32": 2.0**-24, "float64": 2.0**-53}


def roundoff(dtype: Any) -> float:
    """The unit roundoff u of a NumPy or torch dtype: the largest relative error of one rounding to nearest.

    Raises ValueError for a dtype other than bfloat16, float16, float32, float64.
    """
    name = str(dtype)
    name = name.removeprefix("torch.") if name.startswith("torch.") else np.dtype(dtype).name
    if name not in ROUNDOFF:
        raise ValueError(f"expected one of {', '.join(ROUNDOFF)}, got {name}")
    return ROUNDOFF[name]


def gamma(roundings: int, dtype: Any) -> float:
    """n u / (1 - n u): the largest relative error of a number that was rounded `roundings` times, n, one on another.

    A sum of k products, in any order, with or without fused operations, differs from the exact one by at most
    gamma(k) times the sum of the products' magnitudes. Raises ValueError if n u is 1 or more: there is no bound.
    """
    part = roundings * roundoff(dtype)
    if not 0 <= part < 1:
        raise ValueError(f"expected from 0 to {int(1 / roundoff(dtype)) - 1} roundings, got {roundings}")
    return part / (1 - part)


def product_and_bound(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(a @ b in a wider type, the largest error of each element of a correct product).

    a, b: (m, k) and (k, n), of one dtype, which is the type of the sums. The bound has one rounding to spare, for a sum
    that starts from a rounded 0, and the smallest normal number, for products that underflow.
    """
    wide = np.dtype(np.longdouble if a.dtype == np.float64 else np.float64)
    x, y = a.astype(wide), b.astype(wide)
    roundings = a.shape[1] + 1
    if (
        np.finfo(wide).eps == np.finfo(a.dtype).eps
    ):  # no wider type on this machine: both products are rounded
        roundings *= 2
    with np.errstate(invalid="ignore"):  # infinities and NaN are the caller's to compare
        bound = gamma(roundings, a.dtype) * (np.abs(x) @ np.abs(y)) + np.finfo(a.dtype).tiny
        return x @ y, bound

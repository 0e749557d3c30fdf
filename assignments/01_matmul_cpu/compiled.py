"""Rungs 3 and 4: the same three loops compiled by numba, on one core and on all.

Bound by: one core at first (rung 3), then by the traffic between the cores and the
memory (rung 4). Every row of the result streams the whole of `b` through a core.
`recursive.py` removes that traffic.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from shapes import check_operands


def numba_loops(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of two matrices, on one core.

    a: (m, k), b: (k, n), both float32 or both float64. Returns a new (m, n) array.

    Cost: 2mkn floating-point operations; about mkn elements of `b` read and mkn
    elements of the result read and written, most of them from a cache.

    Raises:
        TypeError: not numpy arrays of float32 or float64, or dtypes that differ.
        ValueError: not 2-D, or the inner sizes differ.
    """
    m, _, n = check_operands(a, b)
    c = np.empty((m, n), a.dtype)
    _numba_loops(a, b, c)
    return c


@njit(cache=True)
def _numba_loops(a, b, c):
    """Write a @ b to `c`, in loop order i, k, j. `c` is not initialized.

    In this order every c[i, j] of the inner loop is a sum of its own, so LLVM may
    compute a vector of them without changing the order of any sum.
    """
    raise NotImplementedError(
        "01.3 numba_loops: Write a @ b to `c`, in loop order i, k, j. `c` is not initialized."
    )


def numba_parallel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of two matrices, on all cores.

    a: (m, k), b: (k, n), both float32 or both float64. Returns a new (m, n) array.

    Cost: 2mkn floating-point operations; the cores share the rows of the result.

    Raises:
        TypeError: not numpy arrays of float32 or float64, or dtypes that differ.
        ValueError: not 2-D, or the inner sizes differ.
    """
    m, _, n = check_operands(a, b)
    c = np.empty((m, n), a.dtype)
    _numba_parallel(a, b, c)
    return c


@njit(parallel=True, cache=True)
def _numba_parallel(a, b, c):
    """Write a @ b to `c`, which is not initialized; the threads share its rows.

    No two threads write to one row, so nothing needs a lock.
    """
    raise NotImplementedError(
        "01.4 numba_parallel: Write a @ b to `c`, which is not initialized; the threads share its rows."
    )

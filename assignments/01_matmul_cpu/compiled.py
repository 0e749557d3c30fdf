"""Rungs 3 and 4: the same three loops compiled by numba, on one core and on all of them.

Bound by: one core at first (rung 3), then by the traffic between the cores and the memory (rung 4):
every row of the result streams the whole of `b` past the core. `recursive.py` removes that traffic.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from shapes import check_operands


def numba_loops(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of `a` (m, k) and `b` (k, n), both float32 or both float64: a new (m, n) array.

    Cost: 2mkn floating-point operations on one core; about mkn elements of `b` read and mkn
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
    """Write a @ b to `c`, which holds garbage at first, in loop order i, k, j.

    That order needs no licence to reorder sums: in the inner loop every c[i, j] is a sum of its
    own, so LLVM may work on a vector of them.
    """
    raise NotImplementedError(
        "01.3 numba_loops: Write a @ b to `c`, which holds garbage at first, in loop order i, k, j."
    )


def numba_parallel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of `a` (m, k) and `b` (k, n), both float32 or both float64: a new (m, n) array.

    Cost: 2mkn floating-point operations, shared by the cores row by row of the result.

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
    """Write a @ b to `c`, which holds garbage at first; the rows of `c` are shared among the threads.

    No two threads write to one row, so nothing needs a lock.
    """
    raise NotImplementedError(
        "01.4 numba_parallel: Write a @ b to `c`, which holds garbage at first; the rows of `c` are shared "
        "among the threads."
    )

"""Rungs 1 and 2: one thread an element of C, and which thread gets which element.

Both kernels do the same additions in the same order. They differ in one line: whether the threads that run side by
side stand one below the other in C, or side by side.

A warp is 32 threads with consecutive `threadIdx.x`; it issues one load for all of them. The memory answers in sectors
of 32 bytes, 8 float32 each. So a load costs as many sectors as the warp's 32 addresses touch: 4 where they are
neighbours, 1 where they are all the same, and 32 where each lies in another row.
Source: NVIDIA, CUDA C++ Best Practices Guide, section "Coalesced Access to Global Memory".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from operands import ceil_div, check_operands, product
from reference.shared import gpu

cuda = gpu.select().cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere

BLOCK = (32, 8)  # threads along x and y: every warp is one row of the block
ZERO = np.float32(0)  # on a GPU a plain 0.0 is a float64, and would make every sum one


def naive(a: Any, b: Any) -> Any:
    """The product of `a` (m, k) and `b` (k, n), one thread an element, thread x along the rows of C.

    a, b: float32 NumPy arrays, or torch tensors on the device of the kernels. Returns a new (m, n) one of their kind.
    Cost: 2mkn floating-point operations; every thread reads k elements of `a` and k of `b`, 2mkn in all. A warp's
    load of `a` touches 32 rows and moves 32 sectors, 1024 bytes for the 128 that it wants.

    Raises:
        TypeError: not NumPy arrays or torch tensors of float32, or one of each.
        ValueError: not 2-D, the inner sizes differ, or a tensor on another device.
    """
    m, _, n = check_operands(a, b)
    grid = ceil_div(m, BLOCK[0]), ceil_div(n, BLOCK[1])
    return product(_naive, a, b, grid, BLOCK)


@cuda.jit
def _naive(a, b, c):
    """Write a @ b to `c`, which holds garbage at first; the thread (x, y) of the grid computes c[x, y].

    a: (m, k), b: (k, n), c: (m, n). The grid is a whole number of blocks, so threads stand below and to the right of
    c too: they must touch nothing. Add up in a float32 variable that starts as ZERO, for p = 0, 1, ..., k - 1.
    """
    raise NotImplementedError(
        "02.16 naive: Write a @ b to `c`, which holds garbage at first; the thread (x, y) of the grid "
        "computes c[x, y]."
    )


def coalesced(a: Any, b: Any) -> Any:
    """The product of `a` (m, k) and `b` (k, n), one thread an element, thread x along the columns of C.

    a, b: float32 NumPy arrays, or torch tensors on the device of the kernels. Returns a new (m, n) one of their kind.
    Launches `_coalesced` in blocks of BLOCK threads, as few as cover C.
    Cost: 2mkn floating-point operations, and the same 2mkn reads as `naive`. But a warp's load of `b` is of 32
    neighbours (4 sectors, all of it used), its load of `a` is of one element for all, and its store to C is of 32
    neighbours.

    Raises:
        TypeError: not NumPy arrays or torch tensors of float32, or one of each.
        ValueError: not 2-D, the inner sizes differ, or a tensor on another device.
    """
    raise NotImplementedError(
        "02.17 coalesced: The product of `a` (m, k) and `b` (k, n), one thread an element, thread x along the"
        " columns of C."
    )


@cuda.jit
def _coalesced(a, b, c):
    """Write a @ b to `c`, which holds garbage at first; 32 threads with consecutive x compute neighbours in a row.

    a: (m, k), b: (k, n), c: (m, n). Threads outside of c must touch nothing.
    """
    raise NotImplementedError(
        "02.17 coalesced (_coalesced): Write a @ b to `c`, which holds garbage at first; 32 threads with "
        "consecutive x compute neighbours in a row."
    )

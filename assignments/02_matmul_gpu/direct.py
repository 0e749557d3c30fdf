"""Rungs 1 and 2: one thread per element of C, in two different mappings.

Both kernels do the same additions in the same order. Only one line differs: in rung 1
neighbouring threads compute elements of one column of C, in rung 2 elements of one row.

A warp is 32 threads with consecutive `threadIdx.x`. It issues one load for all of them.
Memory answers in sectors of 32 bytes, which hold 8 float32 numbers. So a load costs as
many sectors as the 32 addresses touch: 4 for 32 neighbours, 1 if all addresses are
equal, and 32 if each address is in another row.
Source: NVIDIA, CUDA C++ Best Practices Guide, "Coalesced Access to Global Memory".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from operands import ceil_div, check_operands, product
from reference.shared import gpu

cuda = gpu.select().cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere

BLOCK = (32, 8)  # threads along x and y: each warp is one row of the block
ZERO = np.float32(0)  # a plain 0.0 is a float64 on a GPU, and so is a sum with it


def naive(a: Any, b: Any) -> Any:
    """Compute `a` (m, k) times `b` (k, n), one thread per element, x along C's rows.

    a, b: float32 NumPy arrays, or float32 torch tensors on the kernels' device.
    Returns a new (m, n) matrix of the same kind.
    Cost: 2mkn FLOP. Each thread reads k elements of `a` and k of `b`, 2mkn in all. A
    warp's load of `a` touches 32 rows and moves 32 sectors: 1024 bytes, of which it
    uses 128.

    Raises:
        TypeError: the operands are not both arrays or both tensors, or not float32.
        ValueError: an operand is not 2-D, the inner sizes differ, or a tensor is on
            another device.
    """
    m, _, n = check_operands(a, b)
    grid = ceil_div(m, BLOCK[0]), ceil_div(n, BLOCK[1])
    return product(_naive, a, b, grid, BLOCK)


@cuda.jit
def _naive(a, b, c):
    """Write a @ b to `c`: the thread (x, y) of the grid computes c[x, y].

    a: (m, k), b: (k, n), c: (m, n), uninitialized. The grid consists of whole blocks,
    so some threads lie outside of c: they must not access memory. Add up in a float32
    variable that starts as ZERO, for p = 0, 1, ..., k - 1.
    """
    raise NotImplementedError(
        "02.16 naive: Write a @ b to `c`: the thread (x, y) of the grid computes c[x, y]."
    )


def coalesced(a: Any, b: Any) -> Any:
    """Compute `a` (m, k) times `b` (k, n), one thread per element, x along C's columns.

    a, b: float32 NumPy arrays, or float32 torch tensors on the kernels' device.
    Returns a new (m, n) matrix of the same kind.
    Launches `_coalesced` with blocks of BLOCK threads, as few as cover C.
    Cost: 2mkn FLOP, and the same 2mkn reads as `naive`. But a warp's load of `b` reads
    32 neighbours (4 sectors, all bytes used), its load of `a` reads one element for all
    threads, and its store to C writes 32 neighbours.

    Raises:
        TypeError: the operands are not both arrays or both tensors, or not float32.
        ValueError: an operand is not 2-D, the inner sizes differ, or a tensor is on
            another device.
    """
    raise NotImplementedError(
        "02.17 coalesced: Compute `a` (m, k) times `b` (k, n), one thread per element, x along C's columns."
    )


@cuda.jit
def _coalesced(a, b, c):
    """Write a @ b to `c`: 32 threads with consecutive x compute neighbours in a row.

    a: (m, k), b: (k, n), c: (m, n), uninitialized. Threads outside of c must not access
    memory.
    """
    raise NotImplementedError(
        "02.17 coalesced (_coalesced): Write a @ b to `c`: 32 threads with consecutive x compute neighbours "
        "in a row."
    )

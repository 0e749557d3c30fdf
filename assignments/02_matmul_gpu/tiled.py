"""Rung 3: tiles in shared memory. What one thread fetches, all threads of its block use.

Rung 2 reads each element of `a` n times, and each of `b` m times. A block that computes TILE x TILE elements of C needs
only TILE rows of `a` and TILE columns of `b`: it walks along k, and at each stop its threads fetch a tile of both into
shared memory, one element each, and then all read from there.

           k                       n
        +------+               +--+--+--+
      m |  [A] |  ->         k |  |[B]  |     C tile += A tile @ B tile, for every stop along k
        +------+               +--+--+--+

Two barriers a stop: nobody may read a tile before all of it is there, and nobody may fetch the next one while somebody
still reads this one. Source: NVIDIA, CUDA C++ Programming Guide, section "Shared Memory".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from operands import ceil_div, check_operands, product
from reference.shared import gpu

backend = gpu.select()
cuda = backend.cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere

TILE = (
    32 if backend.has_gpu else 8
)  # side of a tile and of a block of threads; small tiles keep the simulator quick
ZERO = np.float32(0)


def shared_tiled(a: Any, b: Any) -> Any:
    """The product of `a` (m, k) and `b` (k, n) with tiles of TILE x TILE in shared memory.

    a, b: float32 NumPy arrays, or torch tensors on the device of the kernels. Returns a new (m, n) one of their kind.
    Launches `_shared_tiled` in blocks of TILE x TILE threads, one for each tile of C, x along the columns.
    Cost: 2mkn floating-point operations; 2mkn / TILE elements read from global memory where TILE divides all sides,
    TILE times fewer than rung 2; 2mkn reads of shared memory; 8 TILE^2 bytes of shared memory a block.

    Raises:
        TypeError: not NumPy arrays or torch tensors of float32, or one of each.
        ValueError: not 2-D, the inner sizes differ, or a tensor on another device.
    """
    m, _, n = check_operands(a, b)
    return product(_shared_tiled, a, b, (ceil_div(n, TILE), ceil_div(m, TILE)), (TILE, TILE))


@cuda.jit
def _shared_tiled(a, b, c):
    """Write a @ b to `c`, which holds garbage at first, a tile of c for each block of TILE x TILE threads.

    a: (m, k), b: (k, n), c: (m, n), of any sizes: a tile may stick out of its matrix. What sticks out holds zeros,
    which add nothing to a sum; no thread reads or writes outside of a matrix, and each reaches every barrier.
    The shared arrays are declared with constant sizes: cuda.shared.array((TILE, TILE), np.float32).
    """
    raise NotImplementedError(
        "02.18 shared_tiled: Write a @ b to `c`, which holds garbage at first, a tile of c for each block of "
        "TILE x TILE threads."
    )

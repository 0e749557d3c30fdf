"""Rung 3: tiles in shared memory, so that a whole block uses each element it loads.

Rung 2 reads each element of `a` n times, and each of `b` m times. A block that computes
TILE x TILE elements of C needs only TILE rows of `a` and TILE columns of `b`. It loops
along k. In each iteration its threads load a tile of `a` and a tile of `b` into shared
memory, one element of each per thread. Then all of them read from there.

           k                       n
        +------+               +--+--+--+
      m |  [A] |  ->         k |  |[B]  |     C tile += A tile @ B tile, along k
        +------+               +--+--+--+

Each iteration has two barriers: no thread may read a tile before all of it is loaded,
and no thread may load the next tile while another still reads this one.
Source: NVIDIA, CUDA C++ Programming Guide, section "Shared Memory".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.matmul_gpu.operands import ceil_div, check_operands, product
from reference.shared import gpu

backend = gpu.select()
cuda = backend.cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere

# Side of a tile, and of a block of threads. The simulator gets a small one: it is slow.
TILE = 32 if backend.has_gpu else 8
ZERO = np.float32(0)


def shared_tiled(a: Any, b: Any) -> Any:
    """Compute `a` (m, k) times `b` (k, n) with tiles of TILE x TILE in shared memory.

    a, b: float32 NumPy arrays, or float32 torch tensors on the kernels' device.
    Returns a new (m, n) matrix of the same kind.
    Launches `_shared_tiled` with one block of TILE x TILE threads for each tile of
    C, x along the columns.
    Cost: 2mkn FLOP. If TILE divides all sides, 2mkn / TILE elements are read from
    global memory, TILE times fewer than in rung 2. 2mkn reads of shared memory,
    8 TILE^2 bytes of shared memory per block.

    Raises:
        TypeError: the operands are not both arrays or both tensors, or not float32.
        ValueError: an operand is not 2-D, the inner sizes differ, or a tensor is on
            another device.
    """
    m, _, n = check_operands(a, b)
    return product(_shared_tiled, a, b, (ceil_div(n, TILE), ceil_div(m, TILE)), (TILE, TILE))


@cuda.jit
def _shared_tiled(a, b, c):
    """Write a @ b to `c`: each block of TILE x TILE threads computes one tile of c.

    a: (m, k), b: (k, n), c: (m, n), uninitialized. Sizes are arbitrary, so a tile may
    extend beyond its matrix. Put zeros there: they add nothing to a sum. No thread may
    access an element outside of a matrix, and every thread must reach every barrier.
    Declare shared arrays with constant sizes:
    cuda.shared.array((TILE, TILE), np.float32).
    """
    a_tile = cuda.shared.array((TILE, TILE), np.float32)
    b_tile = cuda.shared.array((TILE, TILE), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    m, k = a.shape
    n = b.shape[1]
    total = ZERO
    for start in range(0, k, TILE):
        a_tile[y, x] = a[row, start + x] if row < m and start + x < k else ZERO
        b_tile[y, x] = b[start + y, column] if start + y < k and column < n else ZERO
        cuda.syncthreads()
        for p in range(TILE):
            total += a_tile[y, p] * b_tile[p, x]
        cuda.syncthreads()
    if row < m and column < n:
        c[row, column] = total

"""Rung 4: a tile of C in the registers of each thread.

In rung 3 a thread reads two numbers of shared memory for each multiply-add, and shared memory cannot deliver that many.
Here a thread computes ROWS_EACH x COLUMNS_EACH elements of C. For each p it reads one number of A for each of its rows
and one of B for each of its columns, and multiplies every pair: an outer product, whose sums stay in registers.

    reads of shared memory a multiply-add:  1 / COLUMNS_EACH + 1 / ROWS_EACH     (8 x 8: a quarter, an eighth of rung 3)

A thread's rows are not neighbours but THREADS_Y apart, and its columns THREADS_X apart, so that at each instruction the
threads of a warp stand side by side: they read neighbouring words of shared memory, which lie in different banks, and
write neighbouring elements of C.
Source: V. Volkov and J. Demmel, Benchmarking GPUs to Tune Dense Linear Algebra, SC 2008.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from loads import natural
from operands import ceil_div, check_operands, product
from reference.shared import gpu

backend = gpu.select()
cuda = backend.cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere

# Constants of the program: the compiler sees the number behind each name, unrolls the loops over a thread's own rows
# and columns, and so can give every element of `sums` a register. The simulator gets fewer of all, to be quick.
THREADS_X, THREADS_Y = (16, 16) if backend.has_gpu else (8, 8)
ROWS_EACH, COLUMNS_EACH = (8, 8) if backend.has_gpu else (4, 4)
ROWS, COLUMNS = THREADS_Y * ROWS_EACH, THREADS_X * COLUMNS_EACH  # of C in one block
DEPTH = 8  # along k, of the tiles in shared memory: 8 float32 are one sector of 32 bytes
THREADS = THREADS_X * THREADS_Y
ZERO = np.float32(0)


def register_tiled(a: Any, b: Any) -> Any:
    """The product of `a` (m, k) and `b` (k, n), ROWS_EACH x COLUMNS_EACH elements a thread.

    a, b: float32 NumPy arrays, or torch tensors on the device of the kernels. Returns a new (m, n) one of their kind.
    Launches `_register_tiled` in blocks of (THREADS_X, THREADS_Y) threads, one for each ROWS x COLUMNS tile of C,
    x along the columns.
    Cost: 2mkn floating-point operations; mkn / COLUMNS + mkn / ROWS elements read from global memory, and
    mkn / COLUMNS_EACH + mkn / ROWS_EACH from shared memory, where the tiles divide the sides; 4 DEPTH (ROWS + COLUMNS)
    bytes of shared memory a block.

    Raises:
        TypeError: not NumPy arrays or torch tensors of float32, or one of each.
        ValueError: not 2-D, the inner sizes differ, or a tensor on another device.
    """
    m, _, n = check_operands(a, b)
    grid = ceil_div(n, COLUMNS), ceil_div(m, ROWS)
    return product(_register_tiled, a, b, grid, (THREADS_X, THREADS_Y))


# Two blocks at a time on each multiprocessor: at most 128 registers a thread.
@cuda.jit(launch_bounds=(THREADS, 2))
def _register_tiled(a, b, c):
    """Write a @ b to `c`, which holds garbage at first, a ROWS x COLUMNS tile of c for each block.

    a: (m, k), b: (k, n), c: (m, n), of any sizes: what sticks out of a matrix counts as zeros, and is not touched.
    At each stop along k the block fetches ROWS x DEPTH of a and DEPTH x COLUMNS of b: more than it has threads, so
    each thread fetches several, THREADS apart in row-major order. Then, for each of the DEPTH steps, a thread takes
    its ROWS_EACH numbers of a and its COLUMNS_EACH of b out of shared memory into `left` and `right`, and multiplies
    every pair. The thread (x, y) owns the rows y, y + THREADS_Y, ... and the columns x, x + THREADS_X, ... of the tile.
    Inside that loop use natural(p) for the step p (loads.py says why); on the simulator it changes nothing.
    """
    a_tile = cuda.shared.array((ROWS, DEPTH), np.float32)
    b_tile = cuda.shared.array((DEPTH, COLUMNS), np.float32)
    sums = cuda.local.array((ROWS_EACH, COLUMNS_EACH), np.float32)
    left = cuda.local.array(ROWS_EACH, np.float32)
    right = cuda.local.array(COLUMNS_EACH, np.float32)
    x, y = natural(cuda.threadIdx.x), natural(cuda.threadIdx.y)
    thread = y * THREADS_X + x
    top, first = cuda.blockIdx.y * ROWS, cuda.blockIdx.x * COLUMNS
    m, k = a.shape
    n = b.shape[1]
    raise NotImplementedError(
        "02.19 register_tiled: Write a @ b to `c`, which holds garbage at first, a ROWS x COLUMNS tile of c "
        "for each block."
    )

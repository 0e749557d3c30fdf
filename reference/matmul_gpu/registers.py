"""Rung 4: each thread keeps a tile of C in its registers.

In rung 3 a thread reads two numbers from shared memory for each multiply-add, more than
shared memory can deliver. Here a thread computes ROWS_EACH x COLUMNS_EACH elements of
C. For each p it reads one number of A for each of its rows and one of B for each of its
columns, and multiplies every pair: an outer product, whose sums stay in registers.

    shared reads per multiply-add:  1 / COLUMNS_EACH + 1 / ROWS_EACH 8 x 8: 1/4, an
    eighth of rung 3

A thread's rows are THREADS_Y apart, and its columns THREADS_X apart. So in each
instruction the threads of a warp access neighbours: they read neighbouring words of
shared memory, which are in different banks, and write neighbouring elements of C.
Source: V. Volkov and J. Demmel, Benchmarking GPUs to Tune Dense Linear Algebra,
SC 2008.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.matmul_gpu.loads import natural
from reference.matmul_gpu.operands import ceil_div, check_operands, product
from reference.shared import gpu

backend = gpu.select()
cuda = backend.cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere

# Compile-time constants: the compiler knows each value, unrolls the loops over the rows
# and columns of a thread, and so gives each element of `sums` a register. The simulator
# gets smaller ones: it is slow.
THREADS_X, THREADS_Y = (16, 16) if backend.has_gpu else (8, 8)
ROWS_EACH, COLUMNS_EACH = (8, 8) if backend.has_gpu else (4, 4)
ROWS, COLUMNS = THREADS_Y * ROWS_EACH, THREADS_X * COLUMNS_EACH  # of C in one block
DEPTH = 8  # of the tiles along k: 8 float32 numbers are one sector of 32 bytes
THREADS = THREADS_X * THREADS_Y
ZERO = np.float32(0)


def register_tiled(a: Any, b: Any) -> Any:
    """Compute `a` (m, k) times `b` (k, n), a tile of C per thread.

    a, b: float32 NumPy arrays, or float32 torch tensors on the kernels' device.
    Returns a new (m, n) matrix of the same kind.
    Launches `_register_tiled` with one block of (THREADS_X, THREADS_Y) threads for each
    ROWS x COLUMNS tile of C, x along the columns.
    Cost: 2mkn FLOP. If the tiles divide the sides, mkn / COLUMNS + mkn / ROWS elements
    are read from global memory, and mkn / COLUMNS_EACH + mkn / ROWS_EACH from shared
    memory. 4 DEPTH (ROWS + COLUMNS) bytes of shared memory per block.

    Raises:
        TypeError: the operands are not both arrays or both tensors, or not float32.
        ValueError: an operand is not 2-D, the inner sizes differ, or a tensor is on
            another device.
    """
    m, _, n = check_operands(a, b)
    grid = ceil_div(n, COLUMNS), ceil_div(m, ROWS)
    return product(_register_tiled, a, b, grid, (THREADS_X, THREADS_Y))


# Two blocks at a time on each multiprocessor: at most 128 registers per thread.
@cuda.jit(launch_bounds=(THREADS, 2))
def _register_tiled(a, b, c):
    """Write a @ b to `c`: each block computes one ROWS x COLUMNS tile of c.

    a: (m, k), b: (k, n), c: (m, n), uninitialized. Sizes are arbitrary: positions
    outside of a matrix count as zeros, and no thread accesses them.
    In each iteration along k the block loads ROWS x DEPTH of a and DEPTH x COLUMNS of
    b. These are more elements than threads, so each thread loads several, THREADS apart
    in row-major order. Then, for each of the DEPTH steps, a thread loads its ROWS_EACH
    numbers of a and its COLUMNS_EACH of b from shared memory into `left` and `right`,
    and multiplies every pair. The thread (x, y) owns the rows y, y + THREADS_Y, ... and
    the columns x, x + THREADS_X, ... of the tile.
    Use natural(p) for the step p in that loop (loads.py says why); the simulator does
    not need it.
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
    # BEGIN SOLUTION
    for i in range(ROWS_EACH):
        for j in range(COLUMNS_EACH):
            sums[i, j] = ZERO
    for start in range(0, k, DEPTH):
        for turn in range(ROWS * DEPTH // THREADS):
            place = thread + turn * THREADS
            i, p = place // DEPTH, place % DEPTH
            inside = top + i < m and start + p < k
            a_tile[i, p] = a[top + i, start + p] if inside else ZERO
        for turn in range(DEPTH * COLUMNS // THREADS):
            place = thread + turn * THREADS
            p, j = place // COLUMNS, place % COLUMNS
            inside = start + p < k and first + j < n
            b_tile[p, j] = b[start + p, first + j] if inside else ZERO
        cuda.syncthreads()
        for step in range(DEPTH):
            p = natural(step)
            for i in range(ROWS_EACH):
                left[i] = a_tile[y + i * THREADS_Y, p]
            for j in range(COLUMNS_EACH):
                right[j] = b_tile[p, x + j * THREADS_X]
            for i in range(ROWS_EACH):
                for j in range(COLUMNS_EACH):
                    sums[i, j] += left[i] * right[j]
        cuda.syncthreads()
    for i in range(ROWS_EACH):
        for j in range(COLUMNS_EACH):
            row, column = top + y + i * THREADS_Y, first + x + j * THREADS_X
            if row < m and column < n:
                c[row, column] = sums[i, j]
    # END SOLUTION

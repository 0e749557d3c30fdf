"""Rung 5: loads of 16 bytes, two buffers, one barrier per tile.

Rung 4 spends time on instructions other than multiply-adds, and on waiting. Rung 5
removes most of both:

- A load of 16 bytes (`load4`) reads four neighbours with one instruction, from global
  and from shared memory. A thread therefore owns groups of four neighbours, "quads":
  QUADS quads of rows, crossed with QUADS quads of columns. Four neighbours of a column
  of A must be neighbours in shared memory, so the tile of A is stored transposed.
- Two buffers: while the threads compute on one tile, the next one is on its way from
  global memory into registers; then it goes into the other buffer. A thread waits once
  per tile, until all threads have filled the next one.
- The loop has no guards: operands whose sides are no multiples of the tile are copied
  once into larger ones, padded with zeros.
- The steps of a tile are written out one by one: LLVM unrolls short loops itself, but
  not one as long as this.

Source: J. Lai and A. Seznec, Performance Upper Bound Analysis and Optimization of SGEMM
on Fermi and Kepler GPUs, CGO 2013; NVIDIA, CUTLASS documentation, "Efficient GEMM in
CUDA".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from loads import load4, natural, store4
from operands import check_operands, contiguous, padded, product
from reference.shared import gpu

backend = gpu.select()
cuda = backend.cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere

# Warps of a block: along the rows of C, along its columns.
WARPS_Y, WARPS_X = (4, 2) if backend.has_gpu else (2, 1)
LANES_Y, LANES_X = 4, 8  # threads of a warp, likewise: nearly square, to share reads
QUADS = 2 if backend.has_gpu else 1  # of rows, and of columns, that one thread owns
EACH = 4 * QUADS  # rows and columns of one thread
ROWS, COLUMNS = WARPS_Y * LANES_Y * EACH, WARPS_X * LANES_X * EACH  # of a block's tile
THREADS = 32 * WARPS_Y * WARPS_X
DEPTH = 8  # of a tile along k: then each thread loads one quad of A and one of B
BUFFERED = 2 * DEPTH  # rows of a shared array: buffer 0, then buffer 1
# Columns of the transposed A: a warp that writes to two rows, four apart, then uses
# 32 different banks.
PITCH = ROWS + 4
ZERO = np.float32(0)


def vectorized(a: Any, b: Any) -> Any:
    """Compute `a` (m, k) times `b` (k, n) with loads of 16 bytes and two buffers.

    a, b: float32 NumPy arrays, or float32 torch tensors on the kernels' device.
    Returns a new (m, n) matrix of the same kind.
    Launches `_vectorized` with one block of THREADS threads (all along x) for each
    ROWS x COLUMNS tile of C. That kernel has no guards: pass it `padded` operands,
    whose sides are multiples of the tiles, and cut its result down to (m, n),
    row-major. Check the operands before you pad them: 5 columns and 6 rows are both
    padded to DEPTH.
    Cost: 2mkn FLOP. mkn / COLUMNS + mkn / ROWS elements are read from global memory,
    with a quarter as many load instructions. 8 DEPTH (PITCH + COLUMNS) bytes of shared
    memory per block. If ROWS, DEPTH and COLUMNS do not divide m, k and n, or if an
    operand does not start at a multiple of 16 bytes, a copy in addition: 8mk, 8kn and
    8mn bytes read and written. That is little beside 2mkn FLOP for large m and n, and
    much if one is 1.

    Raises:
        TypeError: the operands are not both arrays or both tensors, or not float32.
        ValueError: an operand is not 2-D, the inner sizes differ, or a tensor is on
            another device.
    """
    raise NotImplementedError(
        "02.20 vectorized: Compute `a` (m, k) times `b` (k, n) with loads of 16 bytes and two buffers."
    )


# Two blocks at a time on each multiprocessor: at most 128 registers per thread.
@cuda.jit(launch_bounds=(THREADS, 2))
def _vectorized(a, b, c):
    """Write a @ b to `c`: each block computes one ROWS x COLUMNS tile of c.

    a: (m, k), b: (k, n), c: (m, n), uninitialized, where ROWS divides m, DEPTH divides
    k, and COLUMNS divides n.
    Both tiles have two buffers: rows 0 to DEPTH - 1, and DEPTH to 2 DEPTH - 1. The tile
    of A is transposed: a_tile[buffer + p, i] is a[top + i, start + p]. Each thread
    loads one quad of a (at row `a_row`, column `a_column` of the tile) and one of b
    (`b_row`, `b_column`). Its first quad of rows starts at row `y` of the tile of C,
    and its first quad of columns at column `x`.
    Between two barriers a thread does three things. It loads its quads of the next tile
    into registers. It does the DEPTH `_step`s of this tile. Then it stores the loaded
    quads into the other buffer, so the load has had all that time. One barrier per
    tile.
    """
    a_tile = cuda.shared.array((BUFFERED, PITCH), np.float32, 16)
    b_tile = cuda.shared.array((BUFFERED, COLUMNS), np.float32, 16)
    sums = cuda.local.array((EACH, EACH), np.float32)
    thread = natural(cuda.threadIdx.x)
    warp, lane = thread // 32, thread % 32
    top, first = cuda.blockIdx.y * ROWS, cuda.blockIdx.x * COLUMNS
    y = warp // WARPS_X * (LANES_Y * EACH) + lane // LANES_X * 4
    x = warp % WARPS_X * (LANES_X * EACH) + lane % LANES_X * 4
    a_row, a_column = thread // (DEPTH // 4), thread % (DEPTH // 4) * 4
    b_row, b_column = thread // (COLUMNS // 4), thread % (COLUMNS // 4) * 4
    k = a.shape[1]
    raise NotImplementedError(
        "02.20 vectorized (_vectorized): Write a @ b to `c`: each block computes one ROWS x COLUMNS tile of "
        "c."
    )


@cuda.jit(device=True)
def _put(a_tile, b_tile, a_quad, b_quad, a_p, a_i, b_p, b_j):
    """Store a quad of a in a_tile and a quad of b in b_tile.

    The quad of a goes down column a_i, from row a_p on. The quad of b goes along row
    b_p, from column b_j on.
    """
    raise NotImplementedError(
        "02.20 vectorized (_put): Store a quad of a in a_tile and a quad of b in b_tile."
    )


@cuda.jit(device=True)
def _step(sums, a_tile, b_tile, p, y, x):
    """Add to sums: the thread's part of A's column p times its part of B's row p.

    sums: (EACH, EACH). Quad q of the thread's rows starts at column y + q * LANES_Y * 4
    of a_tile's row p (a_tile is transposed), and quad q of its columns at column
    x + q * LANES_X * 4 of b_tile's row p.
    """
    raise NotImplementedError(
        "02.20 vectorized (_step): Add to sums: the thread's part of A's column p times its part of B's row "
        "p."
    )

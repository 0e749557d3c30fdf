"""Puzzles 11 to 15: scan, reduction, tiles, histogram, transpose.

Larger kernels consist of these patterns. The rules are those of `puzzles_shared.py`:
shared memory is uninitialized at first, and a barrier is for all threads of a block.
New: `cuda.atomic.add(array, index, value)` adds without a race; its order is not
guaranteed.
Inspired by Sasha Rush's GPU-Puzzles (MIT License,
https://github.com/srush/GPU-Puzzles); text and code are ours.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOptionalSubscript=false

from __future__ import annotations

import numpy as np

from reference.shared import gpu

cuda = gpu.select().cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere

THREADS = 8  # of a block with one axis
BINS = 12  # of the histogram: more than the threads of a block
TILE = 4  # side of the product's tiles, and of its blocks
SIDE = 32  # of the transpose's tiles and blocks: a row of a block is a warp
PADDED = SIDE + 1  # columns of a tile with one unused column


@cuda.jit
def prefix_sum_kernel(out, a):
    """Write out[i] = the sum of a from the start of i's block up to a[i], inclusive.

    Arrays: out and a, float32, shape (n,), 1 <= n.
    Launch: block THREADS (a power of two), and a grid of as many blocks as cover n.
        Each block adds up its own elements only.
    Allowed: each element of a is read from global memory once.
    Idea: a running sum takes log2(THREADS) steps in parallel. In step 1 each thread
        adds the number one place to its left, in step 2 two places, in step 3 four.
        Source: Hillis and Steele, "Data Parallel Algorithms", CACM 1986. In each step,
        all threads must have read before any of them writes.
    """
    tile = cuda.shared.array(THREADS, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = a[i] if i < a.shape[0] else np.float32(0)
    step = 1
    while step < THREADS:
        cuda.syncthreads()
        left = tile[t - step] if t >= step else np.float32(0)
        cuda.syncthreads()
        tile[t] += left
        step *= 2
    if i < a.shape[0]:
        out[i] = tile[t]


@cuda.jit
def axis_sum_kernel(out, a):
    """Write out[i] = the sum of row i of a matrix.

    Arrays: out, float32, shape (m,); a, float32, shape (m, n), row-major; m and n are
        at least 1.
    Launch: grid m, block THREADS: one block per row. n may be smaller or larger than
        THREADS.
    Allowed: each element of a is read once. Neighbouring threads read neighbouring
        elements at the same time, so that a memory access of 32 bytes brings 8 numbers,
        all of them used.
    Idea: give each block an independent piece of work, with its threads side by side
        along the row.
    """
    tile = cuda.shared.array(THREADS, np.float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    total = np.float32(0)
    for j in range(t, a.shape[1], THREADS):
        total += a[row, j]
    tile[t] = total
    half = THREADS // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            tile[t] += tile[t + half]
        half //= 2
    if t == 0:
        out[row] = tile[0]


@cuda.jit
def matmul_kernel(out, a, b):
    """Write out = a @ b, through tiles in shared memory.

    Arrays: out, float32, shape (m, n); a, float32, shape (m, k); b, float32, shape
        (k, n); all sizes at least 1.
    Launch: block (TILE, TILE), and a grid (x, y) that covers out: x along the n
        columns, y along the m rows.
    Allowed: a block loads a tile of TILE x TILE of a and one of b, each thread one
        element of each. Then each thread adds TILE products. Then come the next tiles.
        So 2 m n k / TILE elements are read from global memory instead of 2 m n k. No
        thread may overwrite a tile that others still use. Sizes need not be multiples
        of TILE: positions outside of a and b count as 0.
    Idea: the first step of the matmul ladder: each loaded number is used TILE times.
    """
    tile_a = cuda.shared.array((TILE, TILE), np.float32)
    tile_b = cuda.shared.array((TILE, TILE), np.float32)
    j, i = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    m, k, n = a.shape[0], a.shape[1], b.shape[1]
    total = np.float32(0)
    for start in range(0, k, TILE):
        tile_a[y, x] = a[i, start + x] if i < m and start + x < k else np.float32(0)
        tile_b[y, x] = b[start + y, j] if start + y < k and j < n else np.float32(0)
        cuda.syncthreads()
        for p in range(TILE):
            total += tile_a[y, p] * tile_b[p, x]
        cuda.syncthreads()
    if i < m and j < n:
        out[i, j] = total


@cuda.jit
def histogram_kernel(out, a):
    """Add to out[v] the number of times that v occurs in a.

    Arrays: out, int32, shape (BINS,), already contains counts, which grow; a, int32,
        shape (n,), 0 <= a[i] < BINS.
    Launch: any grid (g,) of blocks of THREADS threads; n may be larger than their
        number, or 0.
    Allowed: a block counts its elements in shared memory. Then each block changes each
        element of out at most once, atomically. Each element of a is read once. BINS is
        larger than THREADS.
    Idea: if many threads change one number, use atomics; a private copy per block makes
        them rare.
    """
    private = cuda.shared.array(BINS, np.int32)
    t = cuda.threadIdx.x
    for v in range(t, BINS, THREADS):
        private[v] = 0
    cuda.syncthreads()
    for i in range(cuda.grid(1), a.shape[0], cuda.gridsize(1)):
        cuda.atomic.add(private, a[i], 1)
    cuda.syncthreads()
    for v in range(t, BINS, THREADS):
        cuda.atomic.add(out, v, private[v])


@cuda.jit
def transpose_kernel(out, a):
    """Write out[j, i] = a[i, j], through a tile in shared memory.

    Arrays: out, float32, shape (n, m); a, float32, shape (m, n), row-major; m and n are
        at least 1.
    Launch: block (SIDE, SIDE), and a grid (x, y) that covers a: x along its n columns,
        y along its m rows.
    Allowed: a warp (32 threads that differ only in threadIdx.x) reads 32 neighbours of
        a row of a, and writes 32 neighbours of a row of out. Rows become columns in
        shared memory. There, the 32 numbers that a warp reads or writes must be in 32
        different banks; bank = index of the word, modulo 32. A tile with PADDED
        columns, one of them unused, achieves this.
    Idea: access global memory along rows; access shared memory in any way without bank
        conflicts.
    """
    tile = cuda.shared.array((SIDE, PADDED), np.float32)
    j, i = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    if i < a.shape[0] and j < a.shape[1]:
        tile[y, x] = a[i, j]
    cuda.syncthreads()
    i, j = cuda.blockIdx.x * SIDE + y, cuda.blockIdx.y * SIDE + x  # the place in out
    if i < out.shape[0] and j < out.shape[1]:
        out[i, j] = tile[x, y]

"""Puzzles 11 to 15: the patterns that larger kernels are made of. Scan, reduction, tiles, counting, transposition.

The rules are those of `puzzles_shared.py`: shared memory starts as garbage, and a barrier is for all threads of a
block. New: `cuda.atomic.add(array, index, value)` adds without a race, and in no order that you may count on.
Inspired by Sasha Rush's GPU-Puzzles (MIT License, https://github.com/srush/GPU-Puzzles); text and code are ours.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOptionalSubscript=false

from __future__ import annotations

import numpy as np

from reference.shared import gpu

cuda = gpu.select().cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere

THREADS = 8  # of a block with one axis
BINS = 12  # of the histogram: more than a block has threads
TILE = 4  # side of the product's tiles, and of its blocks
SIDE = 32  # of the transposition's tiles and blocks: a row of a block is a warp
PADDED = SIDE + 1  # columns of a tile that has one to spare


@cuda.jit
def prefix_sum_kernel(out, a):
    """out[i] = the sum of a from the first element of its block up to a[i], a[i] included.

    Arrays: out and a, float32, shape (n,), 1 <= n.
    Launch: block THREADS (a power of two), and a grid of as many blocks as cover n; each block sums for itself.
    Allowed: each element of a is read from global memory once.
    Idea: a sum in which each term waits for the one before can be done in log2(THREADS) steps: at first each thread
        adds what lies 1 to its left, then 2, then 4. Source: Hillis and Steele, "Data Parallel Algorithms", CACM
        1986. In each step, all must have read before anybody writes.
    """
    raise NotImplementedError(
        "02.11 prefix_sum_kernel: out[i] = the sum of a from the first element of its block up to a[i], a[i] "
        "included."
    )


@cuda.jit
def axis_sum_kernel(out, a):
    """out[i] = the sum of row i of a matrix.

    Arrays: out, float32, shape (m,); a, float32, shape (m, n), in row-major order; m and n are at least 1.
    Launch: grid m, block THREADS: a block a row. n may be smaller or larger than THREADS.
    Allowed: each element of a is read once, neighbouring threads reading neighbouring elements at the same time, so
        that a fetch of 32 bytes brings 8 numbers that are all wanted.
    Idea: a block an independent piece of work, its threads side by side along the row.
    """
    raise NotImplementedError("02.12 axis_sum_kernel: out[i] = the sum of row i of a matrix.")


@cuda.jit
def matmul_kernel(out, a, b):
    """out = a @ b, through tiles in shared memory.

    Arrays: out, float32, shape (m, n); a, float32, shape (m, k); b, float32, shape (k, n); all sizes at least 1.
    Launch: block (TILE, TILE), and a grid (x, y) that covers out: x along the n columns, y along the m rows.
    Allowed: a block fetches a tile of TILE x TILE of a and one of b, each thread one element of each; then each
        thread adds TILE products; then the next tiles. So of global memory 2 m n k / TILE elements are read instead
        of 2 m n k. Nobody may overwrite a tile that others still use. Sizes need not be multiples of TILE: what is
        not there counts as 0.
    Idea: the first step of the ladder that follows: each number fetched is used TILE times.
    """
    raise NotImplementedError("02.13 matmul_kernel: out = a @ b, through tiles in shared memory.")


@cuda.jit
def histogram_kernel(out, a):
    """Add to out[v] how often v occurs in a.

    Arrays: out, int32, shape (BINS,), holds counts already, which grow; a, int32, shape (n,), 0 <= a[i] < BINS.
    Launch: any grid (g,) of blocks of THREADS threads; n may be larger than their number, or 0.
    Allowed: a block counts its elements in shared memory; then each block changes each element of out at most once,
        atomically. Each element of a is read once. BINS is larger than THREADS.
    Idea: where many threads change one number, atomics are right; a private copy a block makes them rare.
    """
    raise NotImplementedError("02.14 histogram_kernel: Add to out[v] how often v occurs in a.")


@cuda.jit
def transpose_kernel(out, a):
    """out[j, i] = a[i, j], through a tile in shared memory.

    Arrays: out, float32, shape (n, m); a, float32, shape (m, n), in row-major order; m and n are at least 1.
    Launch: block (SIDE, SIDE), and a grid (x, y) that covers a: x along its n columns, y along its m rows.
    Allowed: a warp (32 threads that differ in threadIdx.x alone) reads 32 neighbours of a row of a, and writes 32
        neighbours of a row of out: the turn happens in shared memory. There, the 32 numbers that a warp asks for lie
        in 32 different banks; bank = index of the word, modulo 32. PADDED columns, one of them unused, see to that.
    Idea: global memory likes rows, shared memory likes anything without conflicts.
    """
    raise NotImplementedError("02.15 transpose_kernel: out[j, i] = a[i, j], through a tile in shared memory.")

"""Puzzles 6 to 10: many blocks, and a small fast memory that each block shares.

`cuda.shared.array(THREADS, np.float32)` gives all threads of a block the same array,
uninitialized. Its size is a number or a constant of the file; no GPU compiles a sum
such as THREADS + 2 there.

`cuda.syncthreads()` is a barrier: no thread continues before all threads of its block
have reached it. So all of them must reach it. Never put a barrier in a branch that only
some threads take, and never return before one.

The order of the threads in a block is not guaranteed. The checks run them forward,
backward and shuffled.
Inspired by Sasha Rush's GPU-Puzzles (MIT License,
https://github.com/srush/GPU-Puzzles); text and code are ours.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOptionalSubscript=false

from __future__ import annotations

import numpy as np

from reference.shared import gpu

cuda = gpu.select().cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere

THREADS = 8  # of a block, in every launch of this file: few enough to draw
RADIUS = 2  # neighbours on each side of the convolution
WINDOW = THREADS + 2 * RADIUS  # elements that a block of the convolution needs


@cuda.jit
def blocks_kernel(out, a):
    """Write out[i] = 1 - a[i], for an array of any length.

    Arrays: out and a, float32, shape (n,), 1 <= n.
    Launch: any grid (g,) of blocks of THREADS threads; n may be smaller or larger than
        their number.
    Allowed: every thread takes one element, then the one that is a whole grid further
        on, and so on to the end. Each element is read once, and neighbouring threads
        read neighbouring elements at the same time.
    Idea: a grid-stride loop. You choose the size of the grid for the GPU, and the
        kernel works for any length.
    """
    for i in range(cuda.grid(1), a.shape[0], cuda.gridsize(1)):
        out[i] = np.float32(1) - a[i]


@cuda.jit
def shared_kernel(out, a):
    """Write out[i] = a[i] - a[i - 1] inside each block, and out[i] = a[i] at its start.

    Arrays: out and a, float32, shape (n,), 1 <= n.
    Launch: block THREADS, and a grid of as many blocks as cover n; the last block may
        have fewer elements.
    Allowed: each element of a is read from global memory once. The neighbour's number
        comes through shared memory.
    Idea: after a barrier, each thread may read what other threads of its block wrote to
        shared memory.
    """
    tile = cuda.shared.array(THREADS, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if i < a.shape[0]:
        tile[t] = a[i]
    cuda.syncthreads()
    if i < a.shape[0]:
        out[i] = tile[t] - tile[t - 1] if t > 0 else tile[t]


@cuda.jit
def pooling_kernel(out, a):
    """Write out[i] = a[i - 2] + a[i - 1] + a[i]: the sum of the last three elements.

    out[0] and out[1] have fewer terms.
    Arrays: out and a, float32, shape (n,), 1 <= n <= THREADS.
    Launch: grid 1, block THREADS; there may be fewer elements than threads.
    Allowed: each element of a is read from global memory once.
    Idea: neighbouring results need the same numbers; load them once and use them three
        times.
    """
    tile = cuda.shared.array(THREADS, np.float32)
    i = cuda.threadIdx.x
    if i < a.shape[0]:
        tile[i] = a[i]
    cuda.syncthreads()
    if i < a.shape[0]:
        total = tile[i]
        for back in range(1, min(i, 2) + 1):
            total += tile[i - back]
        out[i] = total


@cuda.jit
def dot_kernel(out, a, b):
    """Write out[0] = a[0] * b[0] + a[1] * b[1] + ...: the dot product.

    Arrays: out, float32, shape (1,); a and b, float32, shape (n,), 1 <= n, shorter or
        longer than the block.
    Launch: grid 1, block THREADS (a power of two).
    Allowed: out is uninitialized, and one thread writes it, once. Each thread adds up
        products of its own. Then the block adds these sums in shared memory, as a tree:
        half of the threads each add another thread's sum to their own, then a quarter
        of them, and so on, with a barrier between. You may use any other way without a
        race.
    Idea: many threads, one result: 8 sums become one in 3 steps.
    """
    tile = cuda.shared.array(THREADS, np.float32)
    t = cuda.threadIdx.x
    total = np.float32(0)
    for i in range(t, a.shape[0], THREADS):
        total += a[i] * b[i]
    tile[t] = total
    half = THREADS // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            tile[t] += tile[t + half]
        half //= 2
    if t == 0:
        out[0] = tile[0]


@cuda.jit
def conv1d_kernel(out, a, weights):
    """Write out[i] = the sum over k of weights[k] * a[i + k - RADIUS].

    a counts as 0 beyond its ends.
    Arrays: out and a, float32, shape (n,), 1 <= n; weights, float32, shape
        (2 * RADIUS + 1,).
    Launch: block THREADS, and a grid of as many blocks as cover n.
    Allowed: a block reads at most WINDOW elements of a, each once: its own and RADIUS
        neighbours on each side, the halo. You may read the weights any number of times.
    Idea: a block can load more than one element per thread, and a thread need not load
        the element that it writes.
    """
    tile = cuda.shared.array(WINDOW, np.float32)
    t, i, n = cuda.threadIdx.x, cuda.grid(1), a.shape[0]
    for place in range(t, WINDOW, THREADS):
        j = cuda.blockIdx.x * THREADS + place - RADIUS
        tile[place] = a[j] if 0 <= j < n else np.float32(0)
    cuda.syncthreads()
    if i < n:
        total = np.float32(0)
        for k in range(2 * RADIUS + 1):
            total += weights[k] * tile[t + k]
        out[i] = total

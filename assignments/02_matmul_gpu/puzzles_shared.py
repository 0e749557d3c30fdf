"""Puzzles 6 to 10: blocks work side by side, and the threads of one block share a small, fast memory.

`cuda.shared.array(THREADS, np.float32)` gives all threads of a block the same array, full of garbage at first. Its
size is a number or a constant of the file; no GPU compiles a sum such as THREADS + 2 there.

`cuda.syncthreads()` is a barrier: no thread goes on before all threads of its block have come, and so all of them
must come. Never put a barrier where only some threads pass, and never return before one.

Threads of a block run in no order that you may count on. The checks play them forward, backward and shuffled.
Inspired by Sasha Rush's GPU-Puzzles (MIT License, https://github.com/srush/GPU-Puzzles); text and code are ours.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOptionalSubscript=false

from __future__ import annotations

import numpy as np

from reference.shared import gpu

cuda = gpu.select().cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere

THREADS = 8  # of a block, in every launch of this file; so few that you can watch them all
RADIUS = 2  # neighbours on each side of the convolution
WINDOW = THREADS + 2 * RADIUS  # elements that a block of the convolution needs


@cuda.jit
def blocks_kernel(out, a):
    """out[i] = 1 - a[i], of an array that is longer than the grid.

    Arrays: out and a, float32, shape (n,), 1 <= n.
    Launch: any grid (g,) of blocks of THREADS threads; n may be smaller or larger than their number.
    Allowed: every thread takes one element, then the one that lies a whole grid further on, and so on to the end.
        Each element is read once, and neighbouring threads read neighbouring elements at the same time.
    Idea: a grid-stride loop. The grid's size is chosen for the machine, and any length will do.
    """
    raise NotImplementedError(
        "02.6 blocks_kernel: out[i] = 1 - a[i], of an array that is longer than the grid."
    )


@cuda.jit
def shared_kernel(out, a):
    """out[i] = a[i] - a[i - 1] inside each block; the first element of a block keeps its value: out[i] = a[i].

    Arrays: out and a, float32, shape (n,), 1 <= n.
    Launch: block THREADS, and a grid of as many blocks as cover n; the last block may have fewer elements.
    Allowed: each element of a is read from global memory once. The neighbour's number comes through shared memory.
    Idea: what one thread has put into shared memory, another may read, after a barrier.
    """
    raise NotImplementedError(
        "02.7 shared_kernel: out[i] = a[i] - a[i - 1] inside each block; the first element of a block keeps "
        "its value: out[i] = a[i]."
    )


@cuda.jit
def pooling_kernel(out, a):
    """out[i] = a[i - 2] + a[i - 1] + a[i]: the sum of the last three; out[0] and out[1] have fewer terms.

    Arrays: out and a, float32, shape (n,), 1 <= n <= THREADS.
    Launch: grid 1, block THREADS; there may be fewer elements than threads.
    Allowed: each element of a is read from global memory once.
    Idea: neighbouring results need the same numbers; fetch them once, and use them three times.
    """
    raise NotImplementedError(
        "02.8 pooling_kernel: out[i] = a[i - 2] + a[i - 1] + a[i]: the sum of the last three; out[0] and "
        "out[1] have fewer terms."
    )


@cuda.jit
def dot_kernel(out, a, b):
    """out[0] = a[0] * b[0] + a[1] * b[1] + ...: the dot product.

    Arrays: out, float32, shape (1,); a and b, float32, shape (n,), 1 <= n, shorter or longer than the block.
    Launch: grid 1, block THREADS (a power of two).
    Allowed: out holds garbage at first, and is written once, by one thread. Each thread sums products of its own;
        then the block adds the sums in shared memory: half of the threads each add another's sum to theirs, then
        a quarter of them, and so on (a tree), with a barrier between. Any other way without a race will do, too.
    Idea: many threads, one result: 8 sums become one in 3 steps.
    """
    raise NotImplementedError("02.9 dot_kernel: out[0] = a[0] * b[0] + a[1] * b[1] + ...: the dot product.")


@cuda.jit
def conv1d_kernel(out, a, weights):
    """out[i] = the sum over k of weights[k] * a[i + k - RADIUS], a being 0 beyond its ends.

    Arrays: out and a, float32, shape (n,), 1 <= n; weights, float32, shape (2 * RADIUS + 1,).
    Launch: block THREADS, and a grid of as many blocks as cover n.
    Allowed: a block reads at most WINDOW elements of a, each once: its own and RADIUS neighbours on each side, the
        halo. The weights may be read as often as you like.
    Idea: a block can load more than an element a thread, and what it loads need not be what it writes.
    """
    raise NotImplementedError(
        "02.10 conv1d_kernel: out[i] = the sum over k of weights[k] * a[i + k - RADIUS], a being 0 beyond its"
        " ends."
    )

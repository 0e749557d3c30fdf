"""Puzzles 1 to 5: find the element of each thread. Grids, blocks, guards, two axes.

Every thread runs the same kernel. The threads differ only in `cuda.threadIdx` and
`cuda.blockIdx`. The result is the first argument, and is uninitialized. The body of
each kernel takes one to five lines.

Inside a kernel you may use scalars, `if`, `for`, `while`, and single elements `a[i]`.
You may not use NumPy functions, slices or lists. An index is never negative: `a[-1]` is
the address before the array. On a GPU a literal 0.0 has 64 bits, and so has every sum
with it; `np.float32(0)` has 32. Launch a kernel of yours and print the result:

    out = np.full(8, np.nan, np.float32)
    launch(map_kernel, 1, 8, out, np.arange(8, dtype=np.float32))   # grid 1, block 8

Learning CUDA by small puzzles in numba is Sasha Rush's idea: GPU-Puzzles, MIT License,
https://github.com/srush/GPU-Puzzles. The puzzles here, their rules, text and code are
the course's own.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportCallIssue=false

from __future__ import annotations

import numpy as np

from reference.shared import gpu

cuda = gpu.select().cuda  # numba.cuda on an NVIDIA GPU, its simulator elsewhere


@cuda.jit
def map_kernel(out, a):
    """Write out[i] = a[i] + 10, one thread per element.

    Arrays: out and a, float32, shape (n,), 1 <= n <= 1024.
    Launch: grid 1, block n. There are exactly as many threads as elements.
    Allowed: each thread reads one element of a and writes one of out. No loop.
    Idea: a GPU kernel has no loop over the elements; it has a thread for each.
    """
    raise NotImplementedError("02.1 map_kernel: Write out[i] = a[i] + 10, one thread per element.")


@cuda.jit
def zip_kernel(out, a, b):
    """Write out[i] = a[i] * b[i], from two arrays.

    Arrays: out, a and b, float32, shape (n,), 1 <= n <= 1024.
    Launch: grid 1, block n.
    Allowed: each thread reads one element of a and one of b, and writes one of out,
        once. No thread reads out. Keep intermediate results in a local variable: that
        is a register of the thread, which costs no access to memory.
    Idea: a thread can read any number of arrays, and each read goes to global memory.
    """
    raise NotImplementedError("02.2 zip_kernel: Write out[i] = a[i] * b[i], from two arrays.")


@cuda.jit
def guard_kernel(out, a):
    """Write out[i] = 3 * a[i], with more threads than elements.

    Arrays: out and a, float32, shape (n,), 1 <= n.
    Launch: grid 1, a block of at least n threads; there may be many more.
    Allowed: no thread reads or writes an element that does not exist.
    Idea: threads are launched in whole blocks, so the last ones may have no element. A
        guard, an `if` on the index, keeps them from accessing memory.
    """
    raise NotImplementedError("02.3 guard_kernel: Write out[i] = 3 * a[i], with more threads than elements.")


@cuda.jit
def map2d_kernel(out, a):
    """Write out[i, j] = a[i, j] if that is positive, else 0: the ReLU of a matrix.

    Arrays: out and a, float32, shape (rows, columns).
    Launch: block (8, 8), and a grid (x, y) that covers the matrix: x blocks along the
        columns, y along the rows. The matrix need not be square, and the last block
        along each axis may extend beyond it.
    Allowed: each thread has one element. `cuda.threadIdx.x` and `blockIdx.x` count
        along the columns j, `.y` along the rows i. So neighbouring threads have
        neighbouring elements of a row, which one memory access brings.
    Idea: x is the fastest axis of a block, and the last axis of a matrix.
    """
    raise NotImplementedError(
        "02.4 map2d_kernel: Write out[i, j] = a[i, j] if that is positive, else 0: the ReLU of a matrix."
    )


@cuda.jit
def broadcast_kernel(out, column, row):
    """Write out[i, j] = column[i, 0] + row[0, j], for every pair (i, j).

    Arrays: out, float32, shape (m, n); column, float32, shape (m, 1); row, float32,
        shape (1, n).
    Launch: block (8, 8), and a grid (x, y) that covers out: x blocks along the n
        columns, y along the m rows.
    Allowed: each thread has one element of out.
    Idea: each thread owns one element of the result; its reads follow from that.
    """
    raise NotImplementedError(
        "02.5 broadcast_kernel: Write out[i, j] = column[i, 0] + row[0, j], for every pair (i, j)."
    )

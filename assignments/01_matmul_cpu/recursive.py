"""Rung 5: divide and conquer, in parallel, down to blocks that fit the caches.

Halving again and again reaches blocks that fit each cache of the machine, whatever its
size. From there on the three blocks stay in that cache while they are multiplied.

The recursion is a plan, made in Python: a list of leaves for each task. Compiled code
executes it. So the plan can be printed and drawn, and a recursion without an end is a
RecursionError, not a crash. (numba can compile recursive functions, but crashes when it
loads them from its cache: its issue 6061.)

Bound by: the load and store units. Each multiply-add of a leaf loads two vectors and
stores one. `blocked.py` does more arithmetic with the numbers that it has loaded.

Source: M. Frigo et al., "Cache-oblivious algorithms", FOCS 1999, section 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange

from shapes import check_operands

# A leaf is 64 x 64 of `a` times 64 x 512 of `b`. Half the size doubles the calls and
# shortens the rows that are vectorized. With twice the size, `b` does not fit an L2
# cache of 256 KiB even in float32.
LEAF = 64
# Rows of a leaf are longer than its columns: memory is read in lines, and vectors run
# along rows.
ASPECT = 8
# 2 ** 5 = 32 tasks: enough for 32 cores, and for 2 cores enough to even out a late one.
TASK_LEVELS = 5


class Block(NamedTuple):
    """One part of the product: c[i0:i1, j0:j1] += a[i0:i1, p0:p1] @ b[p0:p1, j0:j1]."""

    i0: int
    i1: int
    p0: int
    p1: int
    j0: int
    j1: int


def divide_and_conquer(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of two matrices, by halving until the blocks are small.

    a: (m, k), b: (k, n), both float32 or both float64. Returns a new (m, n) array.

    Cost: 2mkn floating-point operations; O(mkn / sqrt(Z)) elements moved into a cache
    of Z elements.

    Raises:
        TypeError: not numpy arrays of float32 or float64, or dtypes that differ.
        ValueError: not 2-D, or the inner sizes differ.
    """
    m, k, n = check_operands(a, b)
    c = np.zeros((m, n), a.dtype)
    leaves: list[Block] = []
    starts = [0]  # the leaves of task t are leaves[starts[t]:starts[t + 1]]
    for task in _tasks(Block(0, m, 0, k, 0, n), TASK_LEVELS):
        _divide(task, leaves)
        starts.append(len(leaves))
    _conquer(a, b, c, np.array(leaves, np.int64).reshape(-1, 6), np.array(starts, np.int64))
    return c


def _tasks(block: Block, levels: int) -> list[Block]:
    """Cut `block` into 2 ** levels parts that write to different parts of `c`.

    So all of them may run at the same time.
    """
    if levels == 0:
        return [block]
    i0, i1, p0, p1, j0, j1 = block
    if i1 - i0 >= (j1 - j0) // ASPECT:
        middle = (i0 + i1) // 2
        halves = Block(i0, middle, p0, p1, j0, j1), Block(middle, i1, p0, p1, j0, j1)
    else:
        middle = (j0 + j1) // 2
        halves = Block(i0, i1, p0, p1, j0, middle), Block(i0, i1, p0, p1, middle, j1)
    return _tasks(halves[0], levels - 1) + _tasks(halves[1], levels - 1)


def _divide(block: Block, leaves: list[Block]) -> None:
    """Append to `leaves` the leaves of `block`, in the order of the recursion.

    A block is a leaf when its m and k are at most LEAF and its n is at most about LEAF
    * ASPECT. Any other block is cut in two at the middle of its largest side, where n
    counts as n // ASPECT.
    """
    raise NotImplementedError(
        "01.5 divide_and_conquer (_divide): Append to `leaves` the leaves of `block`, in the order of the "
        "recursion."
    )


@njit(parallel=True, cache=True)
def _conquer(a, b, c, leaves, starts):
    """Execute the plan: tasks in parallel, and the leaves of one task in their order.

    leaves: (number of leaves, 6) int64, a Block in each row. starts: (number of tasks +
    1,) int64; the leaves of task t are rows starts[t] to starts[t + 1].
    """
    raise NotImplementedError(
        "01.5 divide_and_conquer (_conquer): Execute the plan: tasks in parallel, and the leaves of one task "
        "in their order."
    )


@njit(cache=True)
def _multiply_add(a, b, c, i0, i1, p0, p1, j0, j1):
    """c[i0:i1, j0:j1] += a[i0:i1, p0:p1] @ b[p0:p1, j0:j1], in three loops.

    LLVM knows that a slice of one row is contiguous, and that j counts from 0, so it
    uses vectors.
    """
    for i in range(i0, i1):
        row_c = c[i, j0:j1]
        for p in range(p0, p1):
            a_ip = a[i, p]
            row_b = b[p, j0:j1]
            for j in range(len(row_c)):
                row_c[j] += a_ip * row_b[j]

"""The top of the ladder: `matmul`, for any shape, strides and number of threads.

C is cut into a grid of pieces, and each thread takes the next piece until none is left
(plan.py, work.py, team.py). Within a piece the loops follow Goto: a block of B (depth x
columns) is packed so that it stays in the L2 cache, and each tile-high stripe of A is
multiplied with the whole block before the next stripe (packing.py, tiles.py).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import from_dtype, njit, types

from reference.matmul_cpu.plan import plan
from reference.matmul_cpu.shapes import check_operands
from reference.matmul_cpu.team import team
from reference.matmul_cpu.work import OPERANDS, K, M, N
from reference.shared.machine import usable_cores


def matmul(a: Any, b: Any, *, out: Any = None, threads: int | None = None) -> np.ndarray:
    """The product of two matrices, both float32 or both float64, with any strides.

    a: (m, k). b: (k, n). Writes the result to `out` (m, n) of that dtype, with any
    strides, or to a new array. At most `threads` threads work on it; default: as many
    as there are cores that this process may use. Several threads may call at once.

    Cost: 2mkn floating-point operations. Each thread keeps a packed block of B that
    fits in the L2 cache and a stripe of A for its next call; apart from the result
    nothing else is allocated.

    Raises:
        TypeError: an operand or `out` is not a numpy array of float32 or float64,
            dtypes differ, or `threads` is not an int.
        ValueError: not 2-D, sizes that do not fit, `out` is read-only or overlaps an
            operand or itself, or `threads` is less than 1.
    """
    m, k, n = check_operands(a, b)
    usable = usable_cores()
    threads = usable if threads is None else min(_positive(threads), usable)
    c = np.empty((m, n), a.dtype) if out is None else _checked_out(out, a, b)
    if m == 0 or n == 0:
        return c
    if k == 0:
        c[...] = 0
        return c
    if c.strides[1] != c.itemsize and c.strides[0] == c.itemsize:  # stored by columns: C' = B' A'
        _multiply(b.T, a.T, c.T, threads)
    else:
        _multiply(a, b, c, threads)
    return c


def _multiply(a: np.ndarray, b: np.ndarray, c: np.ndarray, threads: int) -> None:
    operands = np.empty(OPERANDS, np.int64)
    if not _describer(a.dtype)(operands, a, b, c):
        # Elements that do not lie a whole number of elements apart: a view of records. Work on copies.
        result = np.empty(c.shape, c.dtype)
        _multiply(a.copy(), b.copy(), result, threads)
        c[...] = result
        return
    (m, k), n = a.shape, b.shape[1]
    cut = plan(a.dtype, m, k, n, threads)
    team().run(operands, cut.words, cut.panel_bytes, cut.threads)


@cache
def _describer(dtype: np.dtype) -> Any:
    """Compiled: write addresses, strides and sizes of a, b and c into `operands`.

    `operands` is the start of a row of integers: see work.py. Returns False if an
    address or a stride is not a multiple of the element's size. The compiled function
    takes arrays of every layout, because it is called without numba's dispatch on
    types, which would distinguish them.
    """

    @njit(cache=True)
    def describe(operands, a, b, c):
        fits = True
        for n, x in enumerate((a, b, c)):
            operands[3 * n] = x.ctypes.data
            operands[3 * n + 1] = x.strides[0] // x.itemsize
            operands[3 * n + 2] = x.strides[1] // x.itemsize
            fits &= (x.ctypes.data | x.strides[0] | x.strides[1]) % x.itemsize == 0
        operands[M], operands[K], operands[N] = a.shape[0], a.shape[1], b.shape[1]
        return fits

    array = types.Array(from_dtype(dtype), 2, "A")
    return describe.compile((types.Array(types.int64, 1, "C"), array, array, array))


def _checked_out(out: Any, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    expected = (a.shape[0], b.shape[1])
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out: expected a numpy array, got {type(out).__name__}; try np.empty({expected})")
    if out.dtype != a.dtype:
        raise TypeError(f"out: expected dtype {a.dtype}, as the operands, got {out.dtype}")
    if out.shape != expected:
        raise ValueError(
            f"out: expected shape {expected}, got {out.shape}; try np.empty({expected}, a.dtype)"
        )
    if not out.flags.writeable:
        raise ValueError("out: expected an array that can be written to, got a read-only one; try a copy")
    if _overlaps_itself(out):
        raise ValueError(f"out: expected elements of its own, got strides {out.strides}; try a copy")
    for name, x in (("a", a), ("b", b)):
        if np.shares_memory(out, x):
            raise ValueError(
                f"out: expected memory of its own, got an array that overlaps {name}; try a copy"
            )
    return out


def _overlaps_itself(x: np.ndarray) -> bool:
    """True if two elements of the matrix `x` share a byte.

    Cost: O(1) for common strides, else O(m) or O(n).

    Elements that are i rows and j columns apart share a byte if |i * stride[0] + j * stride[1]| < itemsize. The sign
    of a stride changes nothing, because j may be negative too.
    """
    if x.size == 0:
        return False
    # An axis of one element has no neighbours, whatever its stride.
    axes = [
        (abs(stride), size) if size > 1 else (0, 1) for stride, size in zip(x.strides, x.shape, strict=True)
    ]
    (large, rows), (small, columns) = sorted(axes, key=lambda axis: (axis[1] > 1, axis[0]), reverse=True)
    if columns == 1:
        return rows > 1 and large < x.itemsize
    if small < x.itemsize:
        return True
    if large >= (columns - 1) * small + x.itemsize:
        return False  # each row, or column, ends before the next one starts
    i = np.arange(1, rows, dtype=np.int64)
    below = np.minimum(i * large // small, columns - 1)
    above = np.minimum(below + 1, columns - 1)
    nearest = np.minimum(abs(i * large - below * small), abs(i * large - above * small))
    return bool((nearest < x.itemsize).any())


def _positive(threads: Any) -> int:
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer):
        raise TypeError(f"threads: expected an int, got {type(threads).__name__}; try threads=1")
    if threads < 1:
        raise ValueError(f"threads: expected 1 or more, got {threads}; try threads=1")
    return int(threads)

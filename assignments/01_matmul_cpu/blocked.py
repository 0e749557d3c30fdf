"""Rung 6: register blocking. Plain loops, arranged so that a tile stays in registers.

Rung 5 loads a vector of `b`, loads and stores a vector of `c`, and does one
multiply-add with them. Here 4 x 4 numbers of `a` stay in registers while j runs. Each
vector of `b` serves 4 rows of `c`, and each vector of `c` takes 4 products before it is
stored. The memory operations for each multiply-add fall from 3 to 0.75: for 16
multiply-adds, 4 loads of `b`, 4 loads and 4 stores of `c`.

Bound by: the remaining memory operations. The tile of `c` goes to the L1 cache and back
for every 4 products, and rows of `b` start at any address. `microkernel.py` keeps the
tile of `c` itself in registers, and packs.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from shapes import check_operands

ROWS = DEPTH = 4  # the tile of `a`: 16 broadcast numbers; fully unrolled by hand in `_tile`
ROW_BLOCK = 64  # rows of `c` in one task: 16 tasks when m = 1024, and `b` is streamed once for 64 rows
COLUMNS = 512  # 4 rows of `c` and 4 of `b`, 512 wide, are 16 KiB in float32: half of an L1 cache
PANEL = 256  # 256 rows of `b`, 512 wide, are 512 KiB in float32: they stay in L2 for all rows of `c`


def register_blocked(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of two matrices, with 4 x 4 numbers of `a` in registers.

    a: (m, k), b: (k, n), both float32 or both float64. Returns a new (m, n) array.

    Cost: 2mkn floating-point operations, 0.75 vector loads and stores for each vector
    multiply-add.

    Raises:
        TypeError: not numpy arrays of float32 or float64, or dtypes that differ.
        ValueError: not 2-D, or the inner sizes differ.
    """
    m, _, n = check_operands(a, b)
    c = np.zeros((m, n), a.dtype)
    _register_blocked(a, b, c)
    return c


@njit(parallel=True, cache=True)
def _register_blocked(a, b, c):
    """Add a @ b to `c`, which holds zeros at first; the threads share its rows."""
    m = c.shape[0]
    for block in prange((m + ROW_BLOCK - 1) // ROW_BLOCK):
        _row_block(a, b, c, block * ROW_BLOCK, min((block + 1) * ROW_BLOCK, m))


@njit(cache=True)
def _row_block(a, b, c, i0, i1):
    """c[i0:i1] += a[i0:i1] @ b, panel after panel of `b`, four rows of `c` at a time.

    The four rows are summed in `strip`, which stays in the L1 cache. Rows of `c` itself
    would work, but when n is a power of two they are a multiple of 4096 bytes apart,
    and then they share a few sets of the cache.

    `_tile` takes four products at a time. When a panel's depth is not a multiple of 4,
    its last k % 4 products do not fill a tile: they are added to `strip` one by one.
    When i1 - i0 is not a multiple of 4, the last tile has fewer than four rows: the
    rows of `strip` below them are dropped. `strip` is not initialized, so clear it
    first.
    """
    raise NotImplementedError(
        "01.6 register_blocked (_row_block): c[i0:i1] += a[i0:i1] @ b, panel after panel of `b`, four rows of"
        " `c` at a time."
    )


# fastmath: products may be fused with sums (FMA), and a group of four may be summed in
# any order.
@njit(cache=True, fastmath={"contract", "reassoc"})
def _tile(a, b, strip, i, p, j0, j1):
    """strip += a[i:i+4, p:p+4] @ b[p:p+4, j0:j1], with `a` in 16 registers.

    Below the last row of `a` the tile repeats that row, and the caller drops the
    result.
    """
    raise NotImplementedError(
        "01.6 register_blocked (_tile): strip += a[i:i+4, p:p+4] @ b[p:p+4, j0:j1], with `a` in 16 registers."
    )

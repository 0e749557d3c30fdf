"""Rung 7: explicit vectors. Pack A and B, and keep a tile of C in vector registers.

Rung 6 leaves the vectors to the compiler. Here `_tile` names each vector (vectors.py),
and the panels are laid out so that every load reads the next numbers in memory.

    C tile (rows x width)  +=  A panel (rows x depth)  @  B panel (depth x width)

    A panel: column by column, `rows` numbers each.  Each number is broadcast.
    B panel: row by row, `width` numbers each.  A row is `vectors` vector loads.

Every tile below it uses a panel of B again, so a block of these panels stays in the L2
cache. Every tile of its row uses a panel of A, which stays in L1. The depth is cut so
that both fit.
Source: Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM
TOMS 2008.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from shapes import check_operands
from vectors import broadcast, fma, load, registers, store, tile_shape

DEPTH = 256  # depth of the panels: rows of B and columns of A that are multiplied at a time
BLOCK = 8  # panels of B in one block: 8 x 48 columns x 256 x 4 bytes = 384 KiB


def microkernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of two matrices, with packed panels and a tile of C in registers.

    a: (m, k), b: (k, n); both float32 or both float64. Returns a new (m, n) array of
    that dtype. Runs on all cores.
    Cost: 2 m k n operations; A and B are copied once for each block that uses them.
    Raises TypeError or ValueError for anything else, with the expected and the given
    value.
    """
    m, _, n = check_operands(a, b)
    shape = tile_shape(a.dtype)
    # C in whole tiles, so the kernel needs no special case at the edges: the panels are
    # filled with zeros there, and the extra rows and columns are cut off at the end.
    c = np.zeros((-(-m // shape.rows) * shape.rows, -(-n // shape.width) * shape.width), a.dtype)
    _multiply(shape, a, b, c)
    return np.ascontiguousarray(c[:m, :n])


@njit(cache=True, parallel=True)
def _multiply(shape, a, b, c):
    """c += a @ b, block by block; c is (whole tiles) x (whole tiles)."""
    raise NotImplementedError(
        "01.7 microkernel (_multiply): c += a @ b, block by block; c is (whole tiles) x (whole tiles)."
    )


@njit(cache=True)
def _pack_a(shape, a, row, top, depth, panel):
    """panel[p * rows + i] = a[row + i, top + p], and 0 below the last row of a."""
    for i in range(shape.rows):
        if row + i < a.shape[0]:
            for p in range(depth):
                panel[p * shape.rows + i] = a[row + i, top + p]
        else:
            for p in range(depth):
                panel[p * shape.rows + i] = 0


@njit(cache=True)
def _pack_b(shape, b, top, column, depth, panel):
    """panel[p * width + j] = b[top + p, column + j], and 0 right of the last column."""
    raise NotImplementedError(
        "01.7 microkernel (_pack_b): panel[p * width + j] = b[top + p, column + j], and 0 right of the last "
        "column."
    )


@njit(cache=True)
def _tile(shape, a_panel, b_panel, depth, c, corner, stride):
    """Add a_panel @ b_panel to the tile of c that starts at c[corner].

    The rows of the tile are `stride` apart in c.
    """
    raise NotImplementedError(
        "01.7 microkernel (_tile): Add a_panel @ b_panel to the tile of c that starts at c[corner]."
    )

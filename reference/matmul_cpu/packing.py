"""Copy blocks of A and B into the order in which the tile kernel reads them.

Packing costs one copy. It gives loads of consecutive lines (which the prefetchers
follow), few pages (so few TLB misses), and panels whose rows fall into different sets
of the cache. The rows of a matrix whose width is a power of two all fall into the same
sets.
"""

from __future__ import annotations

from functools import cache

from numba import njit, types

from reference.matmul_cpu.addresses import cfunc, number_at, put_number, put_vector, vector_at
from reference.matmul_cpu.tiles import STRIDE_BYTES
from reference.matmul_cpu.vectors import TileShape

SQUARE = 16  # a transposing copy goes by squares of this side: one cache line of float32 either way


@njit(inline="always")
def panel_vectors(most, left):
    """Vectors in the next panel when `left` are left: as many as a tile has.

    But never 1 after a full panel: a tile one vector wide has too few sums to keep the
    FMA units busy, so 4 left are 2 + 2 and not 3 + 1.
    """
    return 2 if most == 3 and left == 4 else min(most, left)


@cache
def pack_b_kernel(shape: TileShape) -> int:
    """Address of the compiled packer for panels of B.

    For the panels that the tile kernel does not pack itself. Its arguments: B and the
    distances of its rows and columns; depth, columns and width of the panel; the
    address of the panel. Row by row, with zeros right of the last column.
    """

    @cfunc(types.void(*(types.int64,) * 7), cache=True)
    def kernel(b, row_stride, column_stride, depth, columns, width, panel):
        for top in range(0, depth, SQUARE):
            bottom = min(depth, top + SQUARE)
            for j in range(columns):
                for p in range(top, bottom):
                    put_number(
                        shape, panel, p * width + j, number_at(shape, b, p * row_stride + j * column_stride)
                    )
            for p in range(top, bottom):
                for j in range(columns, width):
                    put_number(shape, panel, p * width + j, 0)

    return kernel.address


@cache
def pack_a_kernel(shape: TileShape) -> int:
    """Address of the compiled packer for A.

    Its arguments: A and the distances of its rows and columns; rows and depth of the
    stripe; the address of the stripe. A stripe is one tile high. Its rows are
    STRIDE_BYTES apart, and a tile with fewer rows is filled up with zeros.
    """
    stride = STRIDE_BYTES // shape.itemsize

    @cfunc(types.void(*(types.int64,) * 6), cache=True)
    def kernel(a, row_stride, column_stride, rows, depth, stripe):
        for i in range(rows, shape.rows):
            for p in range(depth):
                put_number(shape, stripe, i * stride + p, 0)
        whole = depth // shape.lanes * shape.lanes if column_stride == 1 else 0
        for i in range(rows):
            for p in range(0, whole, shape.lanes):
                put_vector(shape, stripe, i * stride + p, vector_at(shape, a, i * row_stride + p))
        for p in range(whole, depth):
            for i in range(rows):
                value = number_at(shape, a, i * row_stride + p * column_stride)
                put_number(shape, stripe, i * stride + p, value)

    return kernel.address

"""Copy blocks of A and B into the order in which the tile kernel reads them.

Packing costs one copy and buys three things: loads of consecutive lines (which the prefetchers follow), few
pages (so no TLB misses), and no two rows of one panel in the same set of the cache, which unpacked rows that
lie a power of two apart would share.
"""

from __future__ import annotations

from numba import njit

from reference.matmul_cpu.addresses import number_at, prefetch, put_number, put_vector, vector_at
from reference.matmul_cpu.tiles import STRIDE_BYTES

EARLY = 6  # rows of B that are fetched ahead of the copy
SQUARE = 16  # a transposing copy goes by squares of this side: one cache line of float32 either way


@njit(nogil=True)
def panel_vectors(shape, left):
    """Vectors in the next panel when `left` are left: as many as a tile has, and never 1 after a full one.

    A tile one vector wide has too few sums to keep the FMA units busy, so 4 left are 2 + 2 and not 3 + 1.
    """
    if shape.vectors == 3 and left == 4:
        return 2
    return min(shape.vectors, left)


@njit(nogil=True)
def pack_b(shape, b, row_stride, column_stride, depth, columns, block):
    """Copy a depth x columns block of B: panel after panel, each row by row, zeros right of the last column.

    Panel `first` (counted in vectors) starts at element first * lanes * depth of the block.
    """
    vectors = -(-columns // shape.lanes)
    if column_stride == 1:
        for p in range(depth):
            _pack_row(shape, b + p * row_stride * shape.itemsize, row_stride, depth, columns, vectors, p, block)
        return
    first = 0
    while first < vectors:
        wide = panel_vectors(shape, vectors - first)
        width = wide * shape.lanes
        inside = min(width, columns - first * shape.lanes)
        panel = block + first * shape.lanes * depth * shape.itemsize
        source = b + first * shape.lanes * column_stride * shape.itemsize
        for top in range(0, depth, SQUARE):
            bottom = min(depth, top + SQUARE)
            for j in range(inside):
                for p in range(top, bottom):
                    value = number_at(shape, source, p * row_stride + j * column_stride)
                    put_number(shape, panel, p * width + j, value)
            for p in range(top, bottom):
                for j in range(inside, width):
                    put_number(shape, panel, p * width + j, 0)
        first += wide


@njit(nogil=True)
def _pack_row(shape, row, row_stride, depth, columns, vectors, p, block):
    """Copy row `p` of a block of B, whose columns are consecutive, into every panel."""
    first = 0
    while first < vectors:
        wide = panel_vectors(shape, vectors - first)
        place = (first * depth + p * wide) * shape.lanes
        for j in range(wide):
            column = (first + j) * shape.lanes
            prefetch(shape, row, EARLY * row_stride + column, 0)
            if column + shape.lanes <= columns:
                put_vector(shape, block, place + j * shape.lanes, vector_at(shape, row, column))
            else:
                for lane in range(shape.lanes):
                    value = number_at(shape, row, column + lane) if column + lane < columns else 0.0
                    put_number(shape, block, place + j * shape.lanes + lane, value)
        first += wide


@njit(nogil=True)
def pack_a(shape, a, row_stride, column_stride, rows, depth, stripe):
    """Copy a stripe of A, one tile high, so that the numbers of a row are consecutive; zeros below the last row."""
    stride = STRIDE_BYTES // shape.itemsize
    for i in range(rows, shape.rows):
        for p in range(depth):
            put_number(shape, stripe, i * stride + p, 0)
    if column_stride == 1:
        for i in range(rows):
            p = 0
            while p + shape.lanes <= depth:
                put_vector(shape, stripe, i * stride + p, vector_at(shape, a, i * row_stride + p))
                p += shape.lanes
            while p < depth:
                put_number(shape, stripe, i * stride + p, number_at(shape, a, i * row_stride + p))
                p += 1
        return
    for top in range(0, depth, SQUARE):
        for p in range(top, min(depth, top + SQUARE)):
            for i in range(rows):
                value = number_at(shape, a, i * row_stride + p * column_stride)
                put_number(shape, stripe, i * stride + p, value)

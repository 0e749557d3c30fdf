"""The production tile: C (+)= A @ B for one tile of C, with any strides and any edge.

The same idea as `_tile` in microkernel.py. What it adds: rows of A are read where they are (they need no
packing while their numbers are consecutive), B is fetched into L1 ahead of its use, C is fetched while the
sums are made, and tiles that stick out over the edge of C are written number by number.
"""

from __future__ import annotations

from numba import njit

from reference.matmul_cpu.addresses import (
    number_at,
    prefetch,
    put_number,
    put_vector,
    rank_updates,
    scratch,
    vector_at,
)
from reference.matmul_cpu.vectors import registers

UNROLL = 4  # rank-1 updates in one turn of the loop
AHEAD = 8  # rows of B between a prefetch and its use: 8 x 12 cycles hide an L2 hit


@njit(nogil=True)
def update_tile(shape, a, a_stride, rows, b, b_stride, depth, c, row_stride, column_stride, columns, add):
    """C[:rows, :columns] (+)= A[:rows, :depth] @ B[:depth, :columns]; addresses, and strides in elements.

    A's columns and B's columns are consecutive. B must be readable for the whole width of the tile.
    `add` says whether C is added to or overwritten.
    """
    whole = rows == shape.rows and columns == shape.width and column_stride == 1
    if whole:
        for i in range(shape.rows):
            for j in range(shape.vectors):
                prefetch(shape, c, i * row_stride + j * shape.lanes, 1)
    tile = registers(shape)
    p = 0
    while p + UNROLL <= depth:
        rank_updates(shape, tile, a, a_stride, rows - 1, b, b_stride, p, UNROLL, AHEAD)
        p += UNROLL
    while p < depth:
        rank_updates(shape, tile, a, a_stride, rows - 1, b, b_stride, p, 1, AHEAD)
        p += 1
    if whole and add:
        for i in range(shape.rows):
            for j in range(shape.vectors):
                place = i * row_stride + j * shape.lanes
                put_vector(shape, c, place, tile[i, j] + vector_at(shape, c, place))
    elif whole:
        for i in range(shape.rows):
            for j in range(shape.vectors):
                put_vector(shape, c, i * row_stride + j * shape.lanes, tile[i, j])
    else:
        sums = scratch(shape)
        for i in range(shape.rows):
            for j in range(shape.vectors):
                put_vector(shape, sums, i * shape.width + j * shape.lanes, tile[i, j])
        for i in range(rows):
            for j in range(columns):
                place = i * row_stride + j * column_stride
                value = number_at(shape, sums, i * shape.width + j)
                if add:
                    value += number_at(shape, c, place)
                put_number(shape, c, place, value)

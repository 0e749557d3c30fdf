"""The production tile: C (+)= A @ B for one tile of C, wherever it lies and however C is laid out.

The same idea as `_tile` in microkernel.py. What it adds: the loop is unrolled four times, B is fetched into
L1 ahead of its use, C is fetched while the sums are made, the first block overwrites C instead of adding to
zeros, and a tile that sticks out over the edge of C is written number by number.
"""

from __future__ import annotations

from functools import cache

from numba import cfunc, types

from reference.matmul_cpu.addresses import (
    number_at,
    prefetch,
    put_number,
    put_vector,
    rank_updates,
    scratch,
    vector_at,
)
from reference.matmul_cpu.vectors import TileShape, registers

DEPTH_BYTES = 2048  # of one row of a packed stripe of A: 512 float32, 256 float64
STRIDE_BYTES = DEPTH_BYTES + 64  # an odd number of lines, so that the rows fall into different sets of L1
UNROLL = 4  # rank-1 updates in one turn of the loop
AHEAD = 8  # rows of B between a prefetch and its use: 8 x 12 cycles hide an L2 hit


@cache
def tile_kernel(shape: TileShape) -> int:
    """Address of the compiled kernel for tiles of this shape; compiled on first use, then kept on disk.

    Its arguments: the packed stripe of A; B and the distance of its rows; depth; C and the distances of its
    rows and columns; how many rows and columns of the tile are inside C; 0 to overwrite C, else to add to it.
    Addresses in bytes, distances in elements. B must be readable for the whole width of the tile.
    """
    a_stride = STRIDE_BYTES // shape.itemsize
    words = (types.int64,) * 10

    @cfunc(types.void(*words), nopython=True, cache=True)
    def kernel(a, b, b_stride, depth, c, row_stride, column_stride, rows, columns, add):
        whole = rows == shape.rows and columns == shape.width and column_stride == 1
        if whole:
            for i in range(shape.rows):
                for j in range(shape.vectors):
                    prefetch(shape, c, i * row_stride + j * shape.lanes, 1)
        tile = registers(shape)
        for _ in range(depth // UNROLL):
            rank_updates(shape, tile, a, a_stride, b, b_stride, UNROLL, AHEAD)
            a += UNROLL * shape.itemsize
            b += UNROLL * b_stride * shape.itemsize
        for _ in range(depth % UNROLL):
            rank_updates(shape, tile, a, a_stride, b, b_stride, 1, AHEAD)
            a += shape.itemsize
            b += b_stride * shape.itemsize
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

    return kernel.address

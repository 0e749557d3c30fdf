"""The production tile: C (+)= A @ B for one tile of C, with any layout of C.

The same idea as `_tile` in microkernel.py. In addition the loop is unrolled four times,
B is fetched into L1 before its use, C is fetched while the sums are made, the first
block overwrites C instead of adding to zeros, and a tile that reaches over the edge of
C is written number by number.
"""

from __future__ import annotations

from functools import cache

from numba import types

from reference.matmul_cpu.addresses import (
    cfunc,
    number_at,
    prefetch,
    put_number,
    put_vector,
    rank_updates,
    scratch,
    vector_at,
)
from reference.matmul_cpu.vectors import TileShape, registers

DEPTH_BYTES = 3072  # of one row of a packed stripe of A: 768 float32, 384 float64; 8 rows are 24 KiB of L1
STRIDE_BYTES = DEPTH_BYTES + 64  # an odd number of lines, so that the rows fall into different sets of L1
UNROLL = 4  # rank-1 updates in one turn of the loop
AHEAD = 8  # rows of B between a prefetch and its use: 8 x 12 cycles hide an L2 hit
FAR_AHEAD = 16  # the same where B is not packed yet, and comes from L3 or memory


@cache
def tile_kernel(shape: TileShape) -> int:
    """Address of the compiled kernel for tiles of this shape.

    Compiled on first use, then kept on disk. Its arguments: the packed stripe of A; B,
    the distance of its rows, and the address for a packed copy of it (0: it is packed,
    its rows follow each other); depth; C and the distances of its rows and columns; how
    many rows and columns of the tile are inside C; 0 to overwrite C, else to add to it;
    and four rows that will be needed soon, and their distance. Addresses are in bytes,
    distances in elements.
    """
    a_stride = STRIDE_BYTES // shape.itemsize
    soon = shape.itemsize // 4  # lines of four rows that one turn of the loop uses up
    words = (types.int64,) * 13

    @cfunc(types.void(*words), cache=True)
    def kernel(
        a, b, b_stride, panel, depth, c, row_stride, column_stride, rows, columns, add, next_a, next_stride
    ):
        size, width = shape.itemsize, shape.width
        whole = rows == shape.rows and columns == width and column_stride == 1
        if whole:
            for i in range(shape.rows):
                for j in range(shape.vectors):
                    prefetch(shape, c, i * row_stride + j * shape.lanes, 1, 3)
        tile = registers(shape)
        if panel != 0:
            for _ in range(depth // UNROLL):
                rank_updates(shape, tile, a, a_stride, b, b_stride, panel, UNROLL, FAR_AHEAD, 1)
                a += UNROLL * size
                b += UNROLL * b_stride * size
                panel += UNROLL * width * size
            for _ in range(depth % UNROLL):
                rank_updates(shape, tile, a, a_stride, b, b_stride, panel, 1, FAR_AHEAD, 1)
                a += size
                b += b_stride * size
                panel += width * size
        else:
            for turn in range(depth // UNROLL):
                for i in range(soon):
                    line = turn * soon + i
                    prefetch(shape, next_a, (line & 3) * next_stride + (line >> 2) * 64 // size, 0, 2)
                rank_updates(shape, tile, a, a_stride, b, width, 0, UNROLL, AHEAD, 0)
                a += UNROLL * size
                b += UNROLL * width * size
            for _ in range(depth % UNROLL):
                rank_updates(shape, tile, a, a_stride, b, width, 0, 1, AHEAD, 0)
                a += size
                b += width * size
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

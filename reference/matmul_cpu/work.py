"""What one thread does: take the next piece of C until none is left, and multiply it block by block."""

from __future__ import annotations

from numba import njit

from reference.matmul_cpu.addresses import fetch_add, narrow
from reference.matmul_cpu.packing import pack_a, pack_b, panel_vectors
from reference.matmul_cpu.tiles import update_tile

# A job is a row of 64-bit integers, because a thread that waits inside compiled code can read nothing else.
A, A_ROW, A_COLUMN, B, B_ROW, B_COLUMN, C, C_ROW, C_COLUMN = range(9)  # addresses; strides in elements
M, K, N = 9, 10, 11
GRID_ROWS, GRID_COLUMNS = 12, 13  # pieces of C down and across
DEPTH, COLUMNS, ROWS = 14, 15, 16  # of a block: k is cut by DEPTH, n by COLUMNS, and m by ROWS if A is packed
PACK_A, PACK_B = 17, 18  # bytes into the thread's panels where the packed block goes, or -1: do not pack
NEXT = 19  # address of the number of the next piece, shared by the threads
JOB_WORDS = 20


@njit(nogil=True)
def work(shape, job, panels):
    """Take pieces of the job until none is left. `panels` is the address of this thread's panels."""
    pieces = job[GRID_ROWS] * job[GRID_COLUMNS]
    while True:
        piece = fetch_add(job[NEXT], 1)
        if piece >= pieces:
            break
        i, j = piece // job[GRID_COLUMNS], piece % job[GRID_COLUMNS]
        row_tiles, column_vectors = -(-job[M] // shape.rows), -(-job[N] // shape.lanes)
        top = i * row_tiles // job[GRID_ROWS] * shape.rows
        bottom = min(job[M], (i + 1) * row_tiles // job[GRID_ROWS] * shape.rows)
        left = j * column_vectors // job[GRID_COLUMNS] * shape.lanes
        right = min(job[N], (j + 1) * column_vectors // job[GRID_COLUMNS] * shape.lanes)
        _piece(shape, job, panels, top, bottom, left, right)


@njit(nogil=True)
def _piece(shape, job, panels, top, bottom, left, right):
    """C[top:bottom, left:right] = A[top:bottom] @ B[:, left:right]."""
    k, size = job[K], shape.itemsize
    for start in range(0, k, job[DEPTH]):
        depth = min(job[DEPTH], k - start)
        for first in range(top, bottom, job[ROWS]):
            last = min(bottom, first + job[ROWS])
            a, a_stride = job[A] + (first * job[A_ROW] + start * job[A_COLUMN]) * size, job[A_ROW]
            if job[PACK_A] >= 0:
                panel, stride = panels + job[PACK_A], job[DEPTH] + shape.lanes
                pack_a(shape, a, a_stride, job[A_COLUMN], last - first, depth, panel, stride)
                a, a_stride = panel, stride
            for column in range(left, right, job[COLUMNS]):
                columns = min(job[COLUMNS], right - column)
                b = job[B] + (start * job[B_ROW] + column * job[B_COLUMN]) * size
                block = b
                if job[PACK_B] >= 0:
                    block = panels + job[PACK_B]
                    pack_b(shape, b, job[B_ROW], job[B_COLUMN], depth, columns, block)
                c = job[C] + (first * job[C_ROW] + column * job[C_COLUMN]) * size
                _block(shape, job, a, a_stride, last - first, block, depth, columns, c, start > 0)


@njit(nogil=True)
def _block(shape, job, a, a_stride, rows, block, depth, columns, c, add):
    """C (+)= A @ (a block of B), stripe by stripe and tile by tile."""
    size, c_row, c_column = shape.itemsize, job[C_ROW], job[C_COLUMN]
    vectors = -(-columns // shape.lanes)
    packed = job[PACK_B] >= 0
    for i in range(0, rows, shape.rows):
        high = min(shape.rows, rows - i)
        a_i, c_i = a + i * a_stride * size, c + i * c_row * size
        first = 0
        while first < vectors:
            wide = panel_vectors(shape, vectors - first)
            column = first * shape.lanes
            inside = min(wide * shape.lanes, columns - column)
            panel, stride = block + column * size, job[B_ROW]
            if packed:
                panel, stride = block + column * depth * size, wide * shape.lanes
            corner = c_i + column * c_column * size
            if wide == shape.vectors:
                update_tile(shape, a_i, a_stride, high, panel, stride, depth, corner, c_row, c_column, inside, add)
            elif wide == 2:
                update_tile(
                    narrow(shape, 2), a_i, a_stride, high, panel, stride, depth, corner, c_row, c_column, inside, add
                )
            else:
                update_tile(
                    narrow(shape, 1), a_i, a_stride, high, panel, stride, depth, corner, c_row, c_column, inside, add
                )
            first += wide

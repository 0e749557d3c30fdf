"""What one thread does: take the next piece of C until none is left, and multiply it block by block."""

from __future__ import annotations

from numba import njit

from reference.matmul_cpu.addresses import call_kernel, fetch_add
from reference.matmul_cpu.packing import pack_a, pack_b, panel_vectors

# A job is a row of 64-bit integers, because a thread that waits inside compiled code can read nothing else.
A, A_ROW, A_COLUMN, B, B_ROW, B_COLUMN, C, C_ROW, C_COLUMN = range(9)  # addresses; strides in elements
M, K, N = 9, 10, 11
GRID_ROWS, GRID_COLUMNS = 12, 13  # pieces of C down and across
DEPTH, COLUMNS = 14, 15  # of a block: k is cut by DEPTH, n by COLUMNS
PACK_B = 16  # bytes into the thread's panels where the block of B goes (after the stripe of A); 0: not packed
NEXT = 17  # address of the number of the next piece, shared by the threads
KERNEL = 18  # addresses of the kernels for tiles of 1, 2 and 3 vectors
JOB_WORDS = 21


@njit(nogil=True)
def work(shape, job, panels):
    """Take pieces of the job until none is left. `panels` is the address of this thread's panels."""
    row_tiles, column_vectors = -(-job[M] // shape.rows), -(-job[N] // shape.lanes)
    while True:
        piece = fetch_add(job[NEXT], 1)
        if piece >= job[GRID_ROWS] * job[GRID_COLUMNS]:
            break
        i, j = piece // job[GRID_COLUMNS], piece % job[GRID_COLUMNS]
        top = i * row_tiles // job[GRID_ROWS] * shape.rows
        bottom = min(job[M], (i + 1) * row_tiles // job[GRID_ROWS] * shape.rows)
        left = j * column_vectors // job[GRID_COLUMNS] * shape.lanes
        right = min(job[N], (j + 1) * column_vectors // job[GRID_COLUMNS] * shape.lanes)
        for start in range(0, job[K], job[DEPTH]):
            depth = min(job[DEPTH], job[K] - start)
            for column in range(left, right, job[COLUMNS]):
                columns = min(job[COLUMNS], right - column)
                _block(shape, job, panels, top, bottom, start, depth, column, columns)


@njit(nogil=True)
def _block(shape, job, panels, top, bottom, start, depth, column, columns):
    """C[top:bottom, these columns] (+)= A[top:bottom, this depth] @ (this block of B)."""
    size = shape.itemsize
    packed = job[PACK_B] > 0
    block = b = job[B] + (start * job[B_ROW] + column * job[B_COLUMN]) * size
    if packed:
        block = panels + job[PACK_B]
        pack_b(shape, b, job[B_ROW], job[B_COLUMN], depth, columns, block)
    vectors = -(-columns // shape.lanes)
    for i in range(top, bottom, shape.rows):
        rows = min(shape.rows, bottom - i)
        pack_a(shape, job[A] + (i * job[A_ROW] + start * job[A_COLUMN]) * size, job[A_ROW], job[A_COLUMN], rows, depth, panels)
        c = job[C] + (i * job[C_ROW] + column * job[C_COLUMN]) * size
        first = 0
        while first < vectors:
            wide = panel_vectors(shape, vectors - first)
            across = first * shape.lanes
            inside = min(wide * shape.lanes, columns - across)
            panel, stride = block + across * size, job[B_ROW]
            if packed:
                panel, stride = block + across * depth * size, wide * shape.lanes
            corner = c + across * job[C_COLUMN] * size
            add = 1 if start > 0 else 0
            call_kernel(
                job[KERNEL + wide - 1],
                (panels, panel, stride, depth, corner, job[C_ROW], job[C_COLUMN], rows, inside, add),
            )
            first += wide

"""The loop of one thread: take the next piece of C, multiply it block by block, repeat."""

from __future__ import annotations

from numba import njit

from reference.matmul_cpu.addresses import call_kernel, fetch_add
from reference.matmul_cpu.packing import panel_vectors

# A job is a row of 64-bit integers, because a thread that waits inside compiled code can read nothing else.
A, A_ROW, A_COLUMN, B, B_ROW, B_COLUMN, C, C_ROW, C_COLUMN = range(9)  # addresses; strides in elements
M, K, N = 9, 10, 11
NEXT = 12  # address of the number of the next piece, shared by the threads
SIZE, ROWS, LANES, VECTORS = 13, 14, 15, 16  # bytes of an element; the tile
GRID_ROWS, GRID_COLUMNS = 17, 18  # pieces of C down and across
DEPTH, COLUMNS = 19, 20  # of a block: k is cut by DEPTH, n by COLUMNS
BLOCK = 21  # bytes into the thread's panels where the block of B goes, after the stripe of A
PACK_A, PACK_B, KERNEL = 22, 23, 24  # addresses of the packers, and of the kernels for 1, 2 and 3 vectors
OPERANDS = 13  # words that differ from call to call; the others are the plan's
JOB_WORDS = 27


@njit(nogil=True)
def work(job, panels):
    """Take pieces of the job until none is left. `panels` is the address of this thread's panels."""
    row_tiles, column_vectors = -(-job[M] // job[ROWS]), -(-job[N] // job[LANES])
    while True:
        piece = fetch_add(job[NEXT], 1)
        if piece >= job[GRID_ROWS] * job[GRID_COLUMNS]:
            break
        i, j = piece // job[GRID_COLUMNS], piece % job[GRID_COLUMNS]
        top = i * row_tiles // job[GRID_ROWS] * job[ROWS]
        bottom = min(job[M], (i + 1) * row_tiles // job[GRID_ROWS] * job[ROWS])
        left = j * column_vectors // job[GRID_COLUMNS] * job[LANES]
        right = min(job[N], (j + 1) * column_vectors // job[GRID_COLUMNS] * job[LANES])
        for start in range(0, job[K], job[DEPTH]):
            depth = min(job[DEPTH], job[K] - start)
            for column in range(left, right, job[COLUMNS]):
                _block(job, panels, top, bottom, start, depth, column, min(job[COLUMNS], right - column))


@njit(nogil=True)
def _block(job, panels, top, bottom, start, depth, column, columns):
    """C[top:bottom, these columns] (+)= A[top:bottom, this depth] @ (this block of B)."""
    size, vectors = job[SIZE], -(-columns // job[LANES])
    b = job[B] + (start * job[B_ROW] + column * job[B_COLUMN]) * size
    for i in range(top, bottom, job[ROWS]):
        rows = min(job[ROWS], bottom - i)
        a = job[A] + (i * job[A_ROW] + start * job[A_COLUMN]) * size
        call_kernel(job[PACK_A], (a, job[A_ROW], job[A_COLUMN], rows, depth, panels))
        first = 0
        while first < vectors:
            wide = panel_vectors(job[VECTORS], vectors - first)
            width, across = wide * job[LANES], first * job[LANES]
            inside = min(width, columns - across)
            panel = panels + job[BLOCK] + across * depth * size
            source, copy = panel, 0
            if i == top:
                source, copy = b + across * job[B_COLUMN] * size, panel
                if inside < width or job[B_COLUMN] != 1:
                    call_kernel(job[PACK_B], (source, job[B_ROW], job[B_COLUMN], depth, inside, width, panel))
                    source, copy = panel, 0
            soon, distance = panels, 0
            if first < 2 * wide and i + job[ROWS] < bottom and job[A_COLUMN] == 1:
                distance = job[A_ROW]
                soon = a + (job[ROWS] + (0 if first == 0 else 4)) * distance * size
            c = job[C] + (i * job[C_ROW] + (column + across) * job[C_COLUMN]) * size
            call_kernel(
                job[KERNEL + wide - 1],
                (
                    *(panels, source, job[B_ROW], copy, depth),
                    *(c, job[C_ROW], job[C_COLUMN], rows, inside, start, soon, distance),
                ),
            )
            first += wide

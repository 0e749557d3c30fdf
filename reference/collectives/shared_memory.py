"""All-reduce inside one machine, without messages: all ranks see the vectors of all others in one window of memory.

Bound by: memory bandwidth. A message copies each byte into a buffer and out of it again; here a rank adds where the
data is. Two barriers replace all messages.

Source: T. Hoefler et al., "MPI + MPI: a new hybrid approach to parallel programming with MPI plus shared memory",
Computing 95, 2013, sections 2 and 3.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from reference.collectives.messages import check_op, copy_to, flat, pieces
from reference.collectives.ring import ring_all_reduce
from reference.shared.comm.communicator import Communicator, Op

BLOCK = 4096  # elements that are combined at a time: all ranks' blocks together fit an L2 cache


class SharedWindow:
    """One row of memory for each rank of a machine; every rank sees all rows.

    rows: (size, n) array; row r belongs to rank r. Only the rank itself writes to its row, except inside a collective.
    """

    def __init__(self, comm: Communicator, n: int, dtype: Any = np.float32) -> None:
        """Open a window of `n` elements for each rank. A collective; all ranks are on one machine.

        comm: of MPI ranks, also if it is wrapped. Raises TypeError for other ranks, and ValueError for n < 0, another
        dtype than float32 and float64, or a rank on another machine.
        """
        from mpi4py import MPI

        kind = np.dtype(dtype)
        if n < 0 or kind not in (np.float32, np.float64):
            raise ValueError(f"expected n >= 0 and float32 or float64, got n={n} and {kind}")
        self.node = _mpi(comm).Split_type(MPI.COMM_TYPE_SHARED)
        if self.node.Get_size() != comm.size:
            here = f"{self.node.Get_size()} of {comm.size} ranks"
            self.node.Free()
            raise ValueError(f"expected all ranks on one machine, got {here}; use hierarchical_all_reduce")
        self.rank, self.size = comm.rank, comm.size
        total = comm.size * n * kind.itemsize
        self.window = MPI.Win.Allocate_shared(total if comm.rank == 0 else 0, kind.itemsize, comm=self.node)
        self.window.Lock_all()  # MPI's rule: Sync may be called only while the window is locked
        memory: Any = self.window.Shared_query(0)[0]
        self.rows = np.frombuffer(memory, kind, comm.size * n).reshape(comm.size, n)

    @property
    def mine(self) -> np.ndarray:
        """The row of this rank. Data that lives here needs no copy."""
        return self.rows[self.rank]

    def barrier(self) -> None:
        """Block until all ranks are here; what they wrote before is visible afterwards."""
        self.window.Sync()
        self.node.Barrier()
        self.window.Sync()

    def close(self) -> None:
        """Free the memory. A collective. The rows must not be used afterwards."""
        del self.rows
        self.window.Unlock_all()
        self.window.Free()
        self.node.Free()


def _mpi(comm: Any) -> Any:
    """The mpi4py communicator below a communicator and its wrappers."""
    while hasattr(comm, "inner"):
        comm = comm.inner
    if not hasattr(comm, "comm"):
        raise TypeError(f"expected ranks of MPI, got {type(comm).__name__}; try launch(..., backend='mpi')")
    return comm.comm


def shared_memory_all_reduce(window: SharedWindow, x: np.ndarray, op: Op = "sum") -> np.ndarray:
    """Combine `x` of all ranks, in place, and give the result to every rank; returns `x`.

    x: at most as many elements as a row of the window, of its dtype, contiguous, with the same shape on every rank. If
    `x` is the start of `window.mine`, nothing is copied.

    Cost: no message, two barriers. A rank reads and writes as many bytes as `x` has, and copies them twice if `x` is
    not in the window. All ranks get the same bits.

    Raises:
        TypeError: `x` is not an array of the window's dtype.
        ValueError: an unknown op, `x` does not fit, or has gaps.
    """
    check_op(op, x)
    if not isinstance(x, np.ndarray) or x.dtype != window.rows.dtype:
        raise TypeError(f"expected an array of {window.rows.dtype}, got {type(x).__name__} of {x.dtype}")
    if x.size > window.rows.shape[1] or not x.flags.c_contiguous:
        room = window.rows.shape[1]
        raise ValueError(
            f"expected at most {room} elements without gaps, got shape {x.shape}, strides {x.strides}"
        )
    _all_reduce(window, flat(x), op)
    return x


def _all_reduce(window: SharedWindow, data: np.ndarray, op: Op) -> None:
    """Copy in, combine one piece of all rows into all rows, copy out; the operands are checked already.

    The first barrier: all rows are filled. The second one: all pieces are combined. After it a rank uses only its own
    row, and nobody writes there before the first barrier of the next call.
    """
    row = window.mine[: len(data)]
    inside = data.ctypes.data == row.ctypes.data
    if not inside:
        copy_to(row, data)
    window.barrier()
    piece = pieces(len(data), window.size)[window.rank]
    combine_rows()(window.rows, piece.start, piece.stop, ("sum", "avg", "max", "min").index(op))
    window.barrier()
    if not inside:
        copy_to(data, row)


@cache
def combine_rows() -> Any:
    """Compiled: combine columns low to high of all rows into all rows. op: 0 sum, 1 avg, 2 max, 3 min."""
    from numba import njit  # takes seconds to import; ranks that only exchange messages do not pay for it

    @njit(cache=True, nogil=True)
    def kernel(rows, low, high, op):
        size = len(rows)
        total = np.empty(BLOCK, rows.dtype)
        for start in range(low, high, BLOCK):
            stop = min(high, start + BLOCK)
            part = total[: stop - start]
            part[:] = rows[0, start:stop]
            for rank in range(1, size):
                other = rows[rank, start:stop]
                if op < 2:
                    for i in range(len(part)):
                        part[i] += other[i]
                elif op == 2:
                    for i in range(len(part)):
                        part[i] = max(part[i], other[i])
                else:
                    for i in range(len(part)):
                        part[i] = min(part[i], other[i])
            if op == 1:
                for i in range(len(part)):
                    part[i] /= size
            for rank in range(size):
                rows[rank, start:stop] = part

    return kernel


def hierarchical_all_reduce(
    window: SharedWindow, across: Communicator, x: np.ndarray, op: Op = "sum"
) -> np.ndarray:
    """Combine `x` of all ranks of several machines, in place; returns `x`.

    window: of the ranks of this machine. across: the ranks with the same place on each machine, one a machine; every
    machine has equally many ranks. x: as in `shared_memory_all_reduce`.

    First each machine combines its vectors in shared memory. Then rank r of each machine reduces piece r with the
    ranks r of the others, on a ring. So only 1/size of the bytes of each rank leaves the machine.

    Cost: four barriers, and 2 (m - 1) messages a rank for m machines, with 2 (m - 1)/m of the bytes of a piece.

    Raises as `shared_memory_all_reduce` does.
    """
    shared_memory_all_reduce(window, x, op)
    row = window.mine[: x.size]
    piece = pieces(x.size, window.size)[window.rank]
    mine = flat(x)[piece].copy()
    ring_all_reduce(across, mine, op, mine)
    window.barrier()  # all ranks have read what they need from their rows
    for each in window.rows:
        each[: x.size][piece] = mine
    window.barrier()
    if flat(x).ctypes.data != row.ctypes.data:
        copy_to(flat(x), row)
    return x

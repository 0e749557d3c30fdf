"""A Communicator over MPI, with mpi4py. Start its ranks with `launch(..., backend="mpi")` or mpirun."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from mpi4py import MPI

from reference.shared.comm.buffers import (
    Pending,
    check_message,
    check_op,
    check_parts,
    check_peer,
    check_rows,
    check_writable,
    flat,
    form,
    put,
    settle,
)
from reference.shared.comm.communicator import Buffer, Op

OPS = {"sum": MPI.SUM, "avg": MPI.SUM, "max": MPI.MAX, "min": MPI.MIN}
NARROW = ("float16", "bfloat16")  # MPI has no operations on them


class MpiCommunicator:
    """The ranks of an mpi4py communicator.

    Data moves straight from and to contiguous buffers of the CPU; others are copied once. Reductions of float16 and
    bfloat16 compute in float32 and round once at the end, which doubles their bytes on the wire.

    synchronous: a send returns only after the receive has started (MPI_Issend), so that no deadlock hides behind
    MPI's own buffers. timeout: seconds after which a wait raises TimeoutError; None waits in MPI, which uses less CPU.
    """

    def __init__(
        self, comm: MPI.Intracomm, *, synchronous: bool = False, timeout: float | None = None
    ) -> None:
        self.comm, self.synchronous, self.timeout = comm, synchronous, timeout
        self._rank, self._size = comm.Get_rank(), comm.Get_size()

    @property
    def rank(self) -> int:
        """The number of this process."""
        return self._rank

    @property
    def size(self) -> int:
        """The number of processes."""
        return self._size

    def send(self, data: Buffer, to: int, tag: int = 0) -> None:
        """See Communicator."""
        self.isend(data, to, tag).wait()

    def recv(self, into: Buffer, source: int, tag: int = 0) -> None:
        """See Communicator."""
        self.irecv(into, source, tag).wait()

    def isend(self, data: Buffer, to: int, tag: int = 0) -> Pending:
        """See Communicator."""
        check_message("to", to, tag, self.rank, self.size)
        form(data)
        raw, _ = array(data)
        start = self.comm.Issend if self.synchronous else self.comm.Isend
        return self._pending(start([raw, MPI.BYTE], to, tag), raw)

    def irecv(self, into: Buffer, source: int, tag: int = 0) -> Pending:
        """See Communicator. Raises ValueError when the message has another number of bytes."""
        check_message("source", source, tag, self.rank, self.size)
        expected = form(into).nbytes
        check_writable(into)
        raw, finish = array(into, receive=True)
        status = MPI.Status()

        def arrived() -> None:
            got = status.Get_count(MPI.BYTE)
            if got != expected:
                raise ValueError(
                    f"expected a message of {expected} bytes from rank {source}, got {got} bytes"
                )
            finish()

        return self._pending(
            self.comm.Irecv([raw, MPI.BYTE], source, tag), raw, finish=arrived, status=status
        )

    def broadcast(self, data: Buffer, root: int = 0, *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_peer("root", root, self.size)
        form(data)
        if self.rank != root:
            check_writable(data)
        raw, finish = array(data, receive=True, keep=True)
        return settle(self._pending(self.comm.Ibcast([raw, MPI.BYTE], root), raw, finish=finish), wait)

    def reduce(self, data: Buffer, op: Op = "sum", root: int = 0, *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_op(op, form(data).dtype)
        check_peer("root", root, self.size)
        values, finish = operand(data, self._divisor(op))
        if self.rank == root:
            check_writable(data)
            handle = self.comm.Ireduce(MPI.IN_PLACE, values, OPS[op], root)
            return settle(self._pending(handle, values, finish=lambda: finish(values)), wait)
        return settle(self._pending(self.comm.Ireduce(values, None, OPS[op], root), values), wait)

    def all_reduce(self, data: Buffer, op: Op = "sum", *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_op(op, form(data).dtype)
        check_writable(data)
        values, finish = operand(data, self._divisor(op))
        if wait and self.timeout is None:  # the blocking call has faster algorithms in MPICH
            self.comm.Allreduce(MPI.IN_PLACE, values, OPS[op])
            finish(values)
            return Pending()
        handle = self.comm.Iallreduce(MPI.IN_PLACE, values, OPS[op])
        return settle(self._pending(handle, values, finish=lambda: finish(values)), wait)

    def reduce_scatter(self, out: Buffer, data: Buffer, op: Op = "sum", *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_rows("data", data, out, self.size)
        check_op(op, form(out).dtype)
        check_writable(out)
        values, _ = operand(data, 1)
        result, finish = operand(out, self._divisor(op))
        handle = self.comm.Ireduce_scatter_block(values, result, OPS[op])
        return settle(self._pending(handle, values, result, finish=lambda: finish(result)), wait)

    def all_gather(self, out: Buffer, data: Buffer, *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_rows("out", out, data, self.size)
        check_writable(out)
        (raw, _), (result, finish) = array(data), array(out, receive=True)
        handle = self.comm.Iallgather([raw, MPI.BYTE], [result, MPI.BYTE])
        return settle(self._pending(handle, raw, result, finish=finish), wait)

    def all_to_all(self, out: Sequence[Buffer], parts: Sequence[Buffer], *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_parts(out, parts, self.rank, self.size)
        sent = [array(each)[0] for each in parts]
        counts, sizes = [each.nbytes for each in sent], [form(each).nbytes for each in out]
        packed = np.concatenate(sent)
        result = np.empty(sum(sizes), np.uint8)

        def finish() -> None:
            for each, piece in zip(out, np.split(result, np.cumsum(sizes)[:-1]), strict=True):
                raw, done = array(each, receive=True)
                raw[...] = piece
                done()

        handle = self.comm.Ialltoallv([packed, counts, MPI.BYTE], [result, sizes, MPI.BYTE])
        return settle(self._pending(handle, packed, result, finish=finish), wait)

    def barrier(self) -> None:
        """See Communicator."""
        self._pending(self.comm.Ibarrier()).wait()

    def split(self, color: int, key: int = 0) -> MpiCommunicator:
        """See Communicator."""
        return MpiCommunicator(
            MPI.Intracomm(self.comm.Split(color, key)), synchronous=self.synchronous, timeout=self.timeout
        )

    def _divisor(self, op: Op) -> int:
        return self.size if op == "avg" else 1

    def _pending(
        self,
        handle: MPI.Request,
        *buffers: Any,
        finish: Callable[[], None] | None = None,
        status: MPI.Status | None = None,
    ) -> Pending:
        """The request; it keeps the buffers alive."""

        def wait(_buffers: tuple[Any, ...] = buffers) -> None:
            if self.timeout is None:
                handle.Wait(status)
                return
            deadline = time.monotonic() + self.timeout
            while not handle.Test(status):
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"rank {self.rank} waited {self.timeout:g} s for another rank\n  try: look for a missing call"
                    )
                time.sleep(0)

        return Pending(wait, finish)


def array(
    buffer: Buffer, *, receive: bool = False, keep: bool = False
) -> tuple[np.ndarray, Callable[[], None]]:
    """The bytes of `buffer`: a view if it is contiguous; and a function that puts received bytes into it.

    receive: the caller writes to the bytes. keep: it also reads them, so a copy must hold the values.
    """
    values, view = flat(buffer)
    host = numbers(values)
    if view and shares(buffer):
        if receive and not host.flags.writeable:  # the root of a broadcast, which MPI does not change
            host = host.copy()
        return host.view(np.uint8), nothing
    if receive and not keep:
        host = np.empty_like(host)
    elif not host.flags.writeable:
        host = host.copy()
    return host.view(np.uint8), lambda: put(buffer, like(host, buffer))


def operand(buffer: Buffer, divisor: int) -> tuple[np.ndarray, Callable[[np.ndarray], None]]:
    """The numbers of `buffer` in a dtype that MPI reduces, and a function that divides and puts the result back."""
    kind = form(buffer).dtype
    values, view = flat(buffer)
    if kind in NARROW:
        wide = values.astype(np.float32) if isinstance(values, np.ndarray) else values.float().cpu().numpy()
        direct = False
    else:
        wide, direct = numbers(values), view and shares(buffer)

    def finish(result: np.ndarray) -> None:
        if divisor != 1:
            result /= divisor
        if direct:
            return
        if isinstance(buffer, np.ndarray):
            put(buffer, result.astype(buffer.dtype, copy=False))
        else:
            put(buffer, sys.modules["torch"].from_numpy(result))

    return wide, finish


def numbers(values: Buffer) -> np.ndarray:
    """Flat values as a NumPy array; bfloat16, which NumPy lacks, as its bits."""
    if isinstance(values, np.ndarray):
        return values
    torch = sys.modules["torch"]
    values = values.cpu()
    return (values.view(torch.int16) if values.dtype == torch.bfloat16 else values).numpy()


def like(host: np.ndarray, buffer: Buffer) -> Buffer:
    """The result of `numbers`, turned back into the kind of `buffer`."""
    if isinstance(buffer, np.ndarray):
        return host
    torch = sys.modules["torch"]
    values = torch.from_numpy(host)
    return values.view(torch.bfloat16) if buffer.dtype == torch.bfloat16 else values


def shares(buffer: Buffer) -> bool:
    """Say if MPI can use the memory of a contiguous `buffer`: it is not on a GPU."""
    return isinstance(buffer, np.ndarray) or buffer.device.type == "cpu"


def nothing() -> None:
    """The data is already in its place."""

"""A Communicator over torch.distributed: gloo on CPUs, NCCL on GPUs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

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

OPS = {"sum": dist.ReduceOp.SUM, "avg": dist.ReduceOp.SUM, "max": dist.ReduceOp.MAX, "min": dist.ReduceOp.MIN}
GATHER = getattr(dist, "all_gather_single", None) or dist.all_gather_into_tensor
SCATTER = getattr(dist, "reduce_scatter_single", None) or dist.reduce_scatter_tensor


class TorchCommunicator:
    """The ranks of a process group of torch.distributed; None is the default group.

    Data moves straight from and to contiguous buffers; others are copied once. Reductions use the dtype of the data.
    On gloo every send waits for its receive, as if `synchronous` were set.
    """

    def __init__(self, group: Any = None) -> None:
        self.group: Any = group if group is not None else dist.group.WORLD
        self._rank, self._size = dist.get_rank(self.group), dist.get_world_size(self.group)

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
        values, _ = tensor(data)
        return pending(dist.isend(values, group=self.group, tag=tag, group_dst=int(to)))

    def irecv(self, into: Buffer, source: int, tag: int = 0) -> Pending:
        """See Communicator."""
        check_message("source", source, tag, self.rank, self.size)
        form(into)
        check_writable(into)
        values, finish = tensor(into)
        return pending(dist.irecv(values, group=self.group, tag=tag, group_src=int(source)), finish)

    def broadcast(self, data: Buffer, root: int = 0, *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_peer("root", root, self.size)
        form(data)
        if self.rank != root:
            check_writable(data)
        values, finish = tensor(data)
        work = dist.broadcast(values, group=self.group, group_src=int(root), async_op=True)
        return settle(pending(work, finish if self.rank != root else None), wait)

    def reduce(self, data: Buffer, op: Op = "sum", root: int = 0, *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_op(op, form(data).dtype)
        check_peer("root", root, self.size)
        values, finish = tensor(data)
        if self.rank == root:
            check_writable(data)
        else:  # gloo uses the buffers of the other ranks for partial results
            values = values.clone()
        work = dist.reduce(values, op=OPS[op], group=self.group, group_dst=int(root), async_op=True)
        done = divided(values, finish, self._divisor(op)) if self.rank == root else None
        return settle(pending(work, done), wait)

    def all_reduce(self, data: Buffer, op: Op = "sum", *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_op(op, form(data).dtype)
        check_writable(data)
        values, finish = tensor(data)
        work = dist.all_reduce(values, op=OPS[op], group=self.group, async_op=True)
        return settle(pending(work, divided(values, finish, self._divisor(op))), wait)

    def reduce_scatter(self, out: Buffer, data: Buffer, op: Op = "sum", *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_rows("data", data, out, self.size)
        check_op(op, form(out).dtype)
        check_writable(out)
        (values, _), (result, finish) = tensor(data), tensor(out)
        work = SCATTER(result, values, op=OPS[op], group=self.group, async_op=True)
        return settle(pending(work, divided(result, finish, self._divisor(op))), wait)

    def all_gather(self, out: Buffer, data: Buffer, *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_rows("out", out, data, self.size)
        check_writable(out)
        (values, _), (result, finish) = tensor(data), tensor(out)
        work = GATHER(result, values, group=self.group, async_op=True)
        return settle(pending(work, finish), wait)

    def all_to_all(self, out: Sequence[Buffer], parts: Sequence[Buffer], *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_parts(out, parts, self.rank, self.size)
        sent = torch.cat([tensor(each)[0] for each in parts])
        sizes = [form(each).numel for each in out]
        result = sent.new_empty(sum(sizes))

        def finish() -> None:
            for each, piece in zip(out, result.split(sizes), strict=True):
                put(each, piece if not isinstance(each, np.ndarray) else piece.cpu().numpy())

        counts = [form(each).numel for each in parts]
        work = dist.all_to_all_single(result, sent, sizes, counts, group=self.group, async_op=True)
        return settle(pending(work, finish), wait)

    def barrier(self) -> None:
        """See Communicator."""
        dist.barrier(self.group)

    def split(self, color: int, key: int = 0) -> TorchCommunicator:
        """See Communicator. Every rank makes the groups of all colors, in one order, as torch demands."""
        mine = torch.tensor([color, key, self.rank], dtype=torch.int64)
        every = [torch.empty_like(mine) for _ in range(self.size)]
        dist.all_gather(every, mine, group=self.group)
        rows = sorted(tuple(int(x) for x in row) for row in every)
        chosen: Any = None
        for each in sorted({row[0] for row in rows}):
            members = [dist.get_global_rank(self.group, row[2]) for row in rows if row[0] == each]
            if dist.get_rank() not in members:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                # Only the members take part: a group of a group does not need the ranks outside.
                chosen = dist.new_group(members, use_local_synchronization=True, sort_ranks=False)
        return TorchCommunicator(chosen)

    def _divisor(self, op: Op) -> int:
        return self.size if op == "avg" else 1


def tensor(buffer: Buffer) -> tuple[torch.Tensor, Callable[[], None] | None]:
    """The elements of `buffer` as a flat tensor: a view if it is contiguous, else a copy and a way back."""
    values, view = flat(buffer)
    if isinstance(values, np.ndarray):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a read-only array may be sent
            flat_tensor = torch.from_numpy(values if view else np.ascontiguousarray(values))
    else:
        flat_tensor = values
    if view:
        return flat_tensor, None

    def back() -> None:
        put(buffer, flat_tensor.numpy() if isinstance(buffer, np.ndarray) else flat_tensor)

    return flat_tensor, back


def divided(
    values: torch.Tensor, finish: Callable[[], None] | None, divisor: int
) -> Callable[[], None] | None:
    """The step after a sum that becomes an average."""
    if divisor == 1:
        return finish

    def step() -> None:
        values.div_(divisor)
        if finish is not None:
            finish()

    return step


def pending(work: Any, finish: Callable[[], None] | None = None) -> Pending:
    """The request of a work; a time-out of the group becomes TimeoutError."""

    def wait() -> None:
        try:
            work.wait()
        except RuntimeError as error:
            if "timed out" in str(error).lower():
                raise TimeoutError(f"no answer within the group's time limit: {error}") from None
            raise

    return Pending(wait if work is not None else None, finish)

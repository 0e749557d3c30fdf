"""A communicator that compares every call on all ranks before it starts, and reports deadlocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from reference.shared.comm.buffers import (
    Pending,
    check_message,
    check_op,
    check_parts,
    check_peer,
    check_rows,
    check_writable,
    form,
    settle,
)
from reference.shared.comm.communicator import Buffer, Communicator, Op, Request
from reference.shared.comm.monitor import CallMonitor


class CheckedCommunicator:
    """Wraps a communicator: each call waits until the other ranks have made the same one.

    Every send waits for its receive. A difference of op, shape, dtype, root or order raises MismatchError on every
    rank, and a deadlock raises DeadlockError with the cycle. Calls with `wait=False`, isend and irecv do not block;
    they start at the next call of the communicator at which their partners are ready, at the latest in `wait`.
    Cost: some 0.1 ms a call. `ranks`: the global rank of each rank.
    """

    def __init__(
        self, inner: Communicator, monitor: CallMonitor, ranks: Sequence[int] = (), label: str = "0"
    ) -> None:
        self.inner, self.monitor, self.label = inner, monitor, label
        self.ranks = list(ranks) or list(range(inner.size))
        self.splits = 0

    @property
    def rank(self) -> int:
        """The number of this process."""
        return self.inner.rank

    @property
    def size(self) -> int:
        """The number of processes."""
        return self.inner.size

    def send(self, data: Buffer, to: int, tag: int = 0) -> None:
        """See Communicator."""
        self.isend(data, to, tag).wait()

    def recv(self, into: Buffer, source: int, tag: int = 0) -> None:
        """See Communicator."""
        self.irecv(into, source, tag).wait()

    def isend(self, data: Buffer, to: int, tag: int = 0) -> Pending:
        """See Communicator."""
        check_message("to", to, tag, self.rank, self.size)
        return self._message("send", "to", self.rank, to, tag, data, lambda: self.inner.isend(data, to, tag))

    def irecv(self, into: Buffer, source: int, tag: int = 0) -> Pending:
        """See Communicator."""
        check_message("source", source, tag, self.rank, self.size)
        check_writable(into)
        return self._message(
            "recv", "from", source, self.rank, tag, into, lambda: self.inner.irecv(into, source, tag)
        )

    def broadcast(self, data: Buffer, root: int = 0, *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_peer("root", root, self.size)
        if self.rank != root:
            check_writable(data)
        call = {"call": "broadcast", "root": int(root)}
        return self._collective(call, data, wait, lambda: self.inner.broadcast(data, root, wait=False))

    def reduce(self, data: Buffer, op: Op = "sum", root: int = 0, *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_op(op, form(data).dtype)
        check_peer("root", root, self.size)
        call = {"call": "reduce", "op": op, "root": int(root)}
        return self._collective(call, data, wait, lambda: self.inner.reduce(data, op, root, wait=False))

    def all_reduce(self, data: Buffer, op: Op = "sum", *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_op(op, form(data).dtype)
        check_writable(data)
        call = {"call": "all_reduce", "op": op}
        return self._collective(call, data, wait, lambda: self.inner.all_reduce(data, op, wait=False))

    def reduce_scatter(self, out: Buffer, data: Buffer, op: Op = "sum", *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_rows("data", data, out, self.size)
        check_op(op, form(out).dtype)
        check_writable(out)
        call = {"call": "reduce_scatter", "op": op}
        return self._collective(
            call, data, wait, lambda: self.inner.reduce_scatter(out, data, op, wait=False)
        )

    def all_gather(self, out: Buffer, data: Buffer, *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_rows("out", out, data, self.size)
        check_writable(out)
        call = {"call": "all_gather"}
        return self._collective(call, data, wait, lambda: self.inner.all_gather(out, data, wait=False))

    def all_to_all(self, out: Sequence[Buffer], parts: Sequence[Buffer], *, wait: bool = True) -> Pending:
        """See Communicator."""
        check_parts(out, parts, self.rank, self.size)
        call = {
            "call": "all_to_all",
            "dtype": form(parts[0]).dtype,
            "parts": [form(each).numel for each in parts],
            "out": [form(each).numel for each in out],
        }
        return self._collective(call, None, wait, lambda: self.inner.all_to_all(out, parts, wait=False))

    def barrier(self) -> None:
        """See Communicator. Comparing the calls is a barrier already."""
        self._collective({"call": "barrier"}, None, True, lambda: None)

    def split(self, color: int, key: int = 0) -> CheckedCommunicator:
        """See Communicator."""
        made: list[Communicator] = []
        call = {"call": "split", "mine": [color, key]}
        operation = self.monitor.post(
            [self.label, self.ranks], call, "split", lambda: made.append(self.inner.split(color, key))
        )
        self.monitor.finish(operation)
        self.splits += 1
        new = made[0]
        members = np.zeros(new.size, np.int64)
        new.all_gather(members, np.array([self.ranks[self.rank]], np.int64))
        label = f"{self.label}.{self.splits}:{color}"
        return CheckedCommunicator(new, self.monitor, [int(each) for each in members], label)

    def _message(
        self, kind: str, word: str, source: int, to: int, tag: int, data: Buffer, start: Callable[[], Request]
    ) -> Pending:
        kept = form(data)
        peer = to if kind == "send" else source
        text = f"{kind}({kept}) {word} rank {self.ranks[peer]}" + (f" with tag {tag}" if tag else "")
        channel = [self.label, self.ranks[source], self.ranks[to], int(tag)]
        operation = self.monitor.post(channel, {"dtype": kept.dtype, "numel": kept.numel}, text, start)
        return Pending(lambda: self.monitor.finish(operation))

    def _collective(
        self, call: dict[str, Any], data: Buffer | None, wait: bool, start: Callable[[], Request | None]
    ) -> Pending:
        words = [
            str(call[key]) if key == "op" else f"root={call[key]}" for key in ("op", "root") if key in call
        ]
        if data is not None:
            kept = form(data)
            call |= {"dtype": kept.dtype, "shape": list(kept.shape)}
            words.insert(0, str(kept))
        text = f"{call['call']}({', '.join(words)})"
        operation = self.monitor.post([self.label, self.ranks], call, text, start)
        return settle(Pending(lambda: self.monitor.finish(operation)), wait)

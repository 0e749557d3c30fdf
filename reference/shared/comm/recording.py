"""Record every message of a communicator, for counts, timelines and traces."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from reference.shared.comm.buffers import Pending, form, settle
from reference.shared.comm.communicator import Buffer, Communicator, Op, Request


@dataclass
class Message:
    """One call of a communicator on one rank.

    kind: send, recv, compute, or the name of the collective. source, to: global ranks of a send or recv; both are this
    rank for a collective. bytes: of the buffer that the caller gave (all_gather, all_to_all: of the part or parts
    that this rank gives). start, end: seconds of time.monotonic(), which all ranks of one machine share; a request
    ends when `wait` returns. end is 0 until then.
    """

    kind: str
    source: int
    to: int
    bytes: int
    start: float
    end: float = 0.0
    tag: int = 0
    rank: int = 0  # that made the record
    label: str = ""

    @property
    def point_to_point(self) -> bool:
        """True for a send or recv."""
        return self.kind in ("send", "recv")


@dataclass
class RecordingCommunicator:
    """Wraps a communicator, and appends a Message to `messages` for each call. `split` records to the same list."""

    inner: Communicator
    messages: list[Message] = field(default_factory=list)
    ranks: tuple[int, ...] = ()  # the global rank of each rank of this communicator

    def __post_init__(self) -> None:
        self.ranks = self.ranks or tuple(range(self.inner.size))

    @property
    def rank(self) -> int:
        """The number of this process."""
        return self.inner.rank

    @property
    def size(self) -> int:
        """The number of processes."""
        return self.inner.size

    def sent(self) -> list[Message]:
        """The messages that this rank sent."""
        return [each for each in self.messages if each.kind == "send"]

    def count(self, kind: str) -> int:
        """The number of calls of a kind, for example "all_reduce"."""
        return sum(each.kind == kind for each in self.messages)

    def compute(self, label: str) -> Span:
        """Record a span of computation: `with communicator.compute("backward"): ...`."""
        return Span(self, label)

    def send(self, data: Buffer, to: int, tag: int = 0) -> None:
        """See Communicator."""
        self._blocking(self._note("send", data, to=to, tag=tag), lambda: self.inner.send(data, to, tag))

    def recv(self, into: Buffer, source: int, tag: int = 0) -> None:
        """See Communicator."""
        self._blocking(
            self._note("recv", into, source=source, tag=tag), lambda: self.inner.recv(into, source, tag)
        )

    def isend(self, data: Buffer, to: int, tag: int = 0) -> Pending:
        """See Communicator."""
        return self._started(
            self._note("send", data, to=to, tag=tag), lambda: self.inner.isend(data, to, tag)
        )

    def irecv(self, into: Buffer, source: int, tag: int = 0) -> Pending:
        """See Communicator."""
        note = self._note("recv", into, source=source, tag=tag)
        return self._started(note, lambda: self.inner.irecv(into, source, tag))

    def broadcast(self, data: Buffer, root: int = 0, *, wait: bool = True) -> Pending:
        """See Communicator."""
        return self._collective(
            "broadcast", [data], wait, lambda: self.inner.broadcast(data, root, wait=wait)
        )

    def reduce(self, data: Buffer, op: Op = "sum", root: int = 0, *, wait: bool = True) -> Pending:
        """See Communicator."""
        return self._collective("reduce", [data], wait, lambda: self.inner.reduce(data, op, root, wait=wait))

    def all_reduce(self, data: Buffer, op: Op = "sum", *, wait: bool = True) -> Pending:
        """See Communicator."""
        return self._collective(
            "all_reduce", [data], wait, lambda: self.inner.all_reduce(data, op, wait=wait)
        )

    def reduce_scatter(self, out: Buffer, data: Buffer, op: Op = "sum", *, wait: bool = True) -> Pending:
        """See Communicator."""
        return self._collective(
            "reduce_scatter", [data], wait, lambda: self.inner.reduce_scatter(out, data, op, wait=wait)
        )

    def all_gather(self, out: Buffer, data: Buffer, *, wait: bool = True) -> Pending:
        """See Communicator."""
        return self._collective(
            "all_gather", [data], wait, lambda: self.inner.all_gather(out, data, wait=wait)
        )

    def all_to_all(self, out: Sequence[Buffer], parts: Sequence[Buffer], *, wait: bool = True) -> Pending:
        """See Communicator."""
        return self._collective(
            "all_to_all", parts, wait, lambda: self.inner.all_to_all(out, parts, wait=wait)
        )

    def barrier(self) -> None:
        """See Communicator."""
        self._collective("barrier", [], True, self.inner.barrier)

    def split(self, color: int, key: int = 0) -> RecordingCommunicator:
        """See Communicator. The records of the new communicator name global ranks."""
        new = self.inner.split(color, key)
        members = np.zeros(new.size, np.int64)
        new.all_gather(members, np.array([self.ranks[self.rank]], np.int64))
        return RecordingCommunicator(new, self.messages, tuple(int(each) for each in members))

    def _note(self, kind: str, data: Buffer, *, to: int = -1, source: int = -1, tag: int = 0) -> Message:
        own = self.ranks[self.rank]
        ends = [self.ranks[each] if 0 <= each < self.size else each for each in (source, to)]
        origin, target = (own, ends[1]) if kind == "send" else (ends[0], own)
        return Message(kind, origin, target, form(data).nbytes, 0.0, tag=tag, rank=own)

    def _blocking(self, note: Message, call: Callable[[], Any]) -> None:
        note.start = time.monotonic()
        self.messages.append(note)
        call()
        note.end = time.monotonic()

    def _started(self, note: Message, call: Callable[[], Request]) -> Pending:
        note.start = time.monotonic()
        self.messages.append(note)
        request = call()

        def ended() -> None:
            note.end = time.monotonic()

        return Pending(request.wait, ended)

    def _collective(
        self, kind: str, data: Sequence[Buffer], wait: bool, call: Callable[[], Request | None]
    ) -> Pending:
        own = self.ranks[self.rank]
        note = Message(kind, own, own, sum(form(each).nbytes for each in data), 0.0, rank=own)
        return settle(self._started(note, lambda: call() or Pending()), wait)


def plain(comm: Communicator) -> Any:
    """The communicator of the backend, without recorder and checks, whose work would count in a measurement."""
    inner: Any = comm
    while hasattr(inner, "inner"):
        inner = inner.inner
    return inner


class Span:
    """A context manager that records a computation."""

    def __init__(self, recorder: RecordingCommunicator, label: str) -> None:
        own = recorder.ranks[recorder.rank]
        self.recorder = recorder
        self.note = Message("compute", own, own, 0, 0.0, rank=own, label=label)

    def __enter__(self) -> None:
        self.note.start = time.monotonic()
        self.recorder.messages.append(self.note)

    def __exit__(self, *_: object) -> None:
        self.note.end = time.monotonic()


def chrome_trace(messages: Iterable[Message]) -> dict[str, Any]:
    """The records in Chrome's trace format: a lane a rank, and an arrow from each send to its receive.

    Open it in ui.perfetto.dev or chrome://tracing. Times are microseconds from the first record. Source: Trace Event
    Format, Google, 2016.
    """
    records = sorted(messages, key=lambda each: each.start)
    origin = records[0].start if records else 0.0
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "pid": rank, "tid": 0, "args": {"name": f"rank {rank}"}}
        for rank in sorted({each.rank for each in records})
    ]
    numbers: dict[tuple[Any, ...], int] = {}
    for each in records:
        lane = {"compute": 0, "send": 1, "recv": 2}.get(each.kind, 3)
        names = {"send": f"send to {each.to}", "recv": f"recv from {each.source}"}
        start, end = ((moment - origin) * 1e6 for moment in (each.start, max(each.end, each.start)))
        place = {"pid": each.rank, "tid": lane, "ts": start}
        name = names.get(each.kind, each.label or each.kind)
        events.append(
            {"ph": "X", "name": name, "cat": each.kind, "dur": end - start, "args": asdict(each), **place}
        )
        if each.point_to_point:  # the k-th send of a pair and tag meets its k-th receive
            key = (each.kind, each.source, each.to, each.tag)
            numbers[key] = numbers.get(key, 0) + 1
            arrow = f"{each.source}-{each.to}-{each.tag}-{numbers[key]}"
            ph = {"ph": "s"} if each.kind == "send" else {"ph": "f", "bp": "e", "ts": end}
            events.append({"name": "message", "cat": "message", "id": arrow, **place, **ph})
    return {"traceEvents": events, "displayTimeUnit": "ms"}

"""Compare the calls of all ranks before they start, over the board, and look for deadlocks while they wait."""

from __future__ import annotations

import json
import linecache
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reference.shared.comm.board import RankBoard
from reference.shared.comm.communicator import Request
from reference.shared.comm.waiting import (
    DeadlockError,
    MismatchError,
    PeerError,
    name,
    partners,
    report,
    stuck,
)

HERE = str(Path(__file__).parent) + os.sep
LOOK = 0.05  # seconds of waiting between two looks for a deadlock


@dataclass
class Operation:
    """One call: the k-th of this rank on its channel."""

    channel: list[Any]
    k: int
    text: str
    where: str
    start: Callable[[], Request | None]
    started: bool = False
    request: Request | None = None


class CallMonitor:
    """The calls of one rank, shared by all communicators that were split from one."""

    def __init__(self, board: RankBoard) -> None:
        self.board, self.rank = board, board.rank
        self.state: dict[str, Any] = {"state": "running", "posted": {}, "started": {}, "calls": {}}
        self.queue: list[Operation] = []  # posted, not started
        self.open: list[Operation] = []  # not yet waited for
        self.board.write(self.state)

    def post(
        self, channel: list[Any], call: dict[str, Any], text: str, start: Callable[[], Request | None]
    ) -> Operation:
        """Announce a call. It starts once its partners have announced theirs."""
        key, where = name(channel, self.rank), source_line()
        k = self.state["posted"].get(key, 0) + 1
        self.state["posted"][key] = k
        # This rank too: it may not have compared a call yet that its partners have started.
        behind = self.state["started"].get(key, 0)
        for each in partners(channel, self.rank):
            behind = min(behind, self.read(each)["started"].get(name(channel, each), 0))
        calls = self.state["calls"].get(key, {})
        calls = {number: each for number, each in calls.items() if int(number) > behind}
        self.state["calls"][key] = {**calls, str(k): {**call, "text": text, "where": where}}
        operation = Operation(channel, k, text, where, start)
        self.queue.append(operation)
        self.open.append(operation)
        self.board.write(self.state)
        self.progress()
        return operation

    def read(self, rank: int) -> dict[str, Any]:
        state = self.board.read(rank)[1]
        return state or {"state": "running", "posted": {}, "started": {}, "calls": {}}

    def progress(self) -> None:
        """Start every call whose partners have made theirs, in order on each channel. Raises MismatchError."""
        blocked: set[str] = set()
        states: dict[int, dict[str, Any]] = {}
        for operation in list(self.queue):
            key = name(operation.channel, self.rank)
            others = partners(operation.channel, self.rank)
            states |= {each: self.read(each) for each in others if each not in states}
            counts = [states[each]["posted"].get(name(operation.channel, each), 0) for each in others]
            if key in blocked or any(count < operation.k for count in counts):
                blocked.add(key)
                continue
            self.queue.remove(operation)
            self.compare(operation, {each: states[each] for each in others})
            operation.request = operation.start()
            operation.started = True
            self.state["started"][key] = operation.k
            self.board.write(self.state)

    def compare(self, operation: Operation, states: dict[int, dict[str, Any]]) -> None:
        """Raise MismatchError unless the call fits those of the other ranks."""
        number = str(operation.k)
        calls = {
            rank: state["calls"][name(operation.channel, rank)][number] for rank, state in states.items()
        }
        calls[self.rank] = self.state["calls"][name(operation.channel, self.rank)][number]
        wrong = differ(operation.channel, calls)
        if wrong:
            lines = [f"mismatch in call {number}: {wrong}"]
            for rank, call in sorted(calls.items()):
                lines += [f"  rank {rank}: {call['text']}", f"    {call['where']}"]
            raise MismatchError(
                "\n".join([*lines, "  try: make the same call, with the same shape and dtype, on every rank"])
            )

    def finish(self, operation: Operation) -> None:
        """Block until the call is complete. Raises DeadlockError, and PeerError if a partner raised."""
        if not operation.started or not self.all_started(operation):
            self.state |= {"state": "waiting", "what": operation.text, "where": operation.where}
            self.state["waits"] = [operation.channel, operation.k]
            self.board.write(self.state)
            self.poll(operation)
            self.state["state"] = "running"
            self.board.write(self.state)
        self.open.remove(operation)
        if operation.request is not None:
            operation.request.wait()

    def poll(self, operation: Operation) -> None:
        turns, look = 0, time.monotonic() + LOOK
        while True:
            self.progress()
            # The backend may block only in calls that run on all ranks, because a blocked rank starts no other call.
            if operation.started and self.all_started(operation):
                return
            turns += 1
            time.sleep(0 if turns < 20 else 1e-4 if turns < 200 else 1e-3)
            if time.monotonic() > look:
                self.look(operation)
                look = time.monotonic() + LOOK

    def all_started(self, operation: Operation) -> bool:
        return all(
            self.read(each)["started"].get(name(operation.channel, each), 0) >= operation.k
            for each in partners(operation.channel, self.rank)
        )

    def look(self, operation: Operation) -> None:
        """Raise if this rank can never continue."""
        first = self.board.read_all()
        states = [state for _, state in first]
        for each in partners(operation.channel, self.rank):
            if states[each].get("state") == "raised":
                raise PeerError(
                    f"rank {each} raised an exception while rank {self.rank} waited in {operation.text}"
                )
        waits = stuck(states)
        if self.rank not in waits:
            return
        time.sleep(LOOK / 5)
        again = self.board.read_all()
        # Nobody wrote between the two readings, so all states were true at one moment.
        if all(first[rank][0] == again[rank][0] for rank in range(len(first))):
            raise DeadlockError(report(states, waits))

    def end(self, *, raised: bool) -> None:
        """Say that this rank makes no more calls. Raises RuntimeError for a request that nobody waited for."""
        left = [each for each in self.queue if each in self.open]
        self.state["state"] = "raised" if raised or left else "ended"
        self.board.write(self.state)
        if left and not raised:
            raise RuntimeError(
                f"rank {self.rank} never waited for {left[0].text}\n    {left[0].where}\n  try: request.wait()"
            )


def differ(channel: list[Any], calls: dict[int, dict[str, Any]]) -> str:
    """The difference between the calls of the ranks, in a few words; "" if they fit."""
    if not isinstance(channel[1], list):
        for key, words in (("dtype", "the dtypes differ"), ("numel", "the lengths differ")):
            if len({json.dumps(call[key]) for call in calls.values()}) > 1:
                return words
        return ""
    for key in ("call", "op", "root", "dtype", "shape"):
        if len({json.dumps(call.get(key)) for call in calls.values()}) > 1:
            return {"call": "the ranks call different collectives"}.get(key, f"the {key}s differ")
    members = channel[1]
    for rank, call in calls.items():
        for other, count in zip(members, call.get("parts", ()), strict=False):
            if calls[other]["out"][members.index(rank)] != count:
                return f"rank {rank} sends {count} elements to rank {other}, which expects another number"
    return ""


def source_line() -> str:
    """The line of the caller outside of this package: "ring.py:12 in ring: comm.send(chunk, to)"."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(HERE):
        frame = frame.f_back
    file, line = frame.f_code.co_filename, frame.f_lineno
    code = linecache.getline(file, line).strip()
    return f"{Path(file).name}:{line} in {frame.f_code.co_name}" + (f": {code}" if code else "")

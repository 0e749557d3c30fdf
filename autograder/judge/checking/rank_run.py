"""The outcome of ranks that a check started with `student.ranks`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RankMessage:
    """One call of the communicator on one rank: see `Message` of `reference/shared/comm/recording.py`."""

    kind: str
    source: int
    to: int
    bytes: int
    start: float
    end: float
    tag: int
    rank: int
    label: str


@dataclass(frozen=True)
class RankRun:
    """values: by rank. arguments: of each rank after the call, with `keep=True`. messages: the records of all ranks.

    The records come from the student's processes, so a student who wants to can forge them. Use them to grade how a
    function works, and always compare its values too.
    """

    values: list[Any]
    arguments: list[list[Any]]
    messages: Sequence[RankMessage]

    def sent(self, rank: int) -> list[RankMessage]:
        """The messages that a rank sent, in order."""
        return [each for each in self.messages if each.kind == "send" and each.rank == rank]

    def received(self, rank: int) -> list[RankMessage]:
        """The messages that a rank received, in the order in which it asked for them."""
        return [each for each in self.messages if each.kind == "recv" and each.rank == rank]

    def count(self, kind: str, rank: int = 0) -> int:
        """The number of calls of a kind on a rank, for example "all_reduce"."""
        return sum(each.kind == kind and each.rank == rank for each in self.messages)

    def bytes_sent(self, rank: int) -> int:
        """The bytes of all messages that a rank sent."""
        return sum(each.bytes for each in self.sent(rank))

    def unmatched(self) -> str:
        """A sentence about sends and receives that do not agree; "" if each send has its receive of as many bytes.

        Both ends keep a record, so a forged count must be forged on two ranks.
        """
        ends: dict[str, dict[tuple[int, int, int], list[int]]] = {"send": {}, "recv": {}}
        for each in self.messages:
            if each.kind in ends:
                ends[each.kind].setdefault((each.source, each.to, each.tag), []).append(each.bytes)
        for source, to, tag in sorted({*ends["send"], *ends["recv"]}):
            sent, got = (ends[kind].get((source, to, tag), []) for kind in ("send", "recv"))
            if sent != got:
                return (
                    f"rank {source} sends {len(sent)} messages of {sum(sent)} bytes to rank {to}, "
                    f"which receives {len(got)} of {sum(got)} bytes"
                )
        return ""


RECORD = (str, int, int, int, float, float, int, int, str)  # the form of a record in the reply

"""Ask the harness to run ranks, and take its answer apart for the checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograder.judge.checking import ListOf, Student, expect_close, fail

STUCK = (
    "Start to send (isend), receive, and then wait for the send; `exchange` does this. A send may return only when it "
    "is received."
)


@dataclass(frozen=True)
class Played:
    """Outcome of one run: by rank, the values and the arguments afterwards; and all messages in order."""

    values: list[Any]
    arguments: list[list[Any]]
    messages: list[list[int]]  # [source, target, bytes]; target -1: a collective

    def sent(self, rank: int) -> list[list[int]]:
        """The messages that one rank sent, in order."""
        return [each for each in self.messages if each[0] == rank]


def play(student: Student, name: str, per_rank: list[list[Any]], *, eager: bool = True) -> Played:
    """Run the function on one rank for each list of arguments. Fails if the ranks wait for each other."""
    size = len(per_rank)
    form = (ListOf(object, size), ListOf(ListOf(object), size), ListOf(ListOf(int, 3)), str)
    values, arguments, messages, stuck = student.probe("play", name, per_rank, eager, gives=form)
    if stuck:
        fail(
            "messages and receives do not match: ranks wait for each other, or a message is left over",
            got=stuck if len(stuck) < 300 else stuck[:300] + " ...",
            expected=f"{size} ranks that end",
            hint=STUCK,
        )
    return Played(values, arguments, messages)


def expect_all(played: Played, want: Any, hint: str) -> None:
    """Every rank has the same expected value."""
    for value in played.values:
        expect_close(value, want, hint=hint)


def expect_sent(played: Played, count: int, nbytes: list[int] | int, hint: str) -> None:
    """Every rank sent `count` messages with so many bytes in total: one number, or one for each rank."""
    for rank in range(len(played.values)):
        sent = played.sent(rank)
        total, want = sum(each[2] for each in sent), nbytes if isinstance(nbytes, int) else nbytes[rank]
        if (len(sent), total) != (count, want):
            fail(
                f"rank {rank} sends another number of messages or bytes than the formula says",
                got=f"{len(sent)} messages, {total} bytes",
                expected=f"{count} messages, {want} bytes",
                hint=hint,
            )

"""Where two threads of a kernel get in each other's way: races, and reads of shared memory that nobody wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

READ, WRITE, ATOMIC = 0, 1, 2
VERBS = {READ: "reads", WRITE: "writes", ATOMIC: "changes atomically"}


class Access(NamedTuple):
    """One use of one element. `turn`: how often this thread was at this place of the code before."""

    block: int
    thread: int
    index: tuple[int, int, int]  # of the thread  # pyright: ignore[reportIncompatibleMethodOverride]
    epoch: int  # barriers that the block has passed
    place: int  # flat, row-major, in its array
    kind: int  # READ, WRITE or ATOMIC
    line: int
    site: int
    turn: int
    launch: int


class Accessed(Protocol):
    """An array whose uses are on record, in the order in which they happened."""

    accesses: list[Access]

    def text(self, place: int) -> str:
        """How a message names the element at `place`."""
        ...


def races(space: Accessed) -> Iterator[str]:
    """Pairs of threads that use one element with no barrier between, at least one of them writing.

    Threads of different blocks have no barrier between them at all.
    """
    by_place: dict[tuple[int, int], list[Access]] = defaultdict(list)
    written = {(a.launch, a.place) for a in space.accesses if a.kind != READ}
    for each in space.accesses:
        if (each.launch, each.place) in written:
            by_place[each.launch, each.place].append(each)
    for (_, place), accesses in by_place.items():
        pair = _conflict(accesses)
        if pair is not None:
            first, second = pair
            same = first.block == second.block
            where = "" if same else f" of block {first.block}"
            there = "" if same else f" of block {second.block}"
            why = "no barrier stands between" if same else "nothing orders two blocks"
            yield (
                f"race: thread {first.index}{where} {VERBS[first.kind]} {space.text(place)} (line {first.line}) and "
                f"thread {second.index}{there} {VERBS[second.kind]} it (line {second.line}): {why}"
            )


def _conflict(accesses: list[Access]) -> tuple[Access, Access] | None:
    """Two accesses of one place that nothing orders, or None."""
    found = _unordered(accesses, lambda each: each.block)
    if found is not None:
        return found
    groups: dict[tuple[int, int], list[Access]] = defaultdict(list)
    for each in accesses:
        groups[each.block, each.epoch].append(each)
    pairs = (_unordered(group, lambda each: each.thread) for group in groups.values())
    return next((pair for pair in pairs if pair is not None), None)


def _unordered(accesses: list[Access], owner: Callable[[Access], int]) -> tuple[Access, Access] | None:
    """Two accesses by different owners, at least one of them writing, and not both atomic."""
    writes = [each for each in accesses if each.kind == WRITE]
    atomics = [each for each in accesses if each.kind == ATOMIC]
    reads = [each for each in accesses if each.kind == READ]
    for some, others in ((writes[:1], accesses), (atomics[:1], reads), (reads[:1], atomics)):
        for first in some:
            for second in others:
                if owner(first) != owner(second):
                    return first, second
    return None


def unwritten(space: Accessed) -> Iterator[str]:
    """Reads of a shared element before any thread of the block has written it."""
    written: set[int] = set()
    for each in space.accesses:
        if each.kind != READ:
            written.add(each.place)
        elif each.place not in written:
            yield (
                f"garbage: thread {each.index} reads {space.text(each.place)} (line {each.line}), which no thread of "
                f"its block has written: shared memory starts with what an earlier kernel left"
            )
            return

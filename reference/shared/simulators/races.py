"""Races between the threads of a kernel, and reads of uninitialized shared memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

READ, WRITE, ATOMIC = 0, 1, 2
VERBS = {READ: "reads", WRITE: "writes", ATOMIC: "changes atomically"}


class Access(NamedTuple):
    """One use of one element. `turn` counts the thread's earlier uses at this place of the code."""

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
    """An array whose accesses are on record, in the order in which they happened."""

    accesses: list[Access]

    def text(self, place: int) -> str:
        """Return the element at `place` as a message names it."""
        ...


def races(space: Accessed) -> Iterator[str]:
    """Yield a message for each element that two threads use without a barrier between, one of them writing.

    Threads of different blocks never have a barrier between them.
    """
    by_place: dict[tuple[int, int], list[Access]] = defaultdict(list)
    written = {(a.launch, a.place) for a in space.accesses if a.kind != READ}
    for each in space.accesses:
        if (each.launch, each.place) in written:
            by_place[each.launch, each.place].append(each)
    for (_, place), accesses in by_place.items():
        pair = _conflict(accesses)
        if pair is not None:
            yield _message(space, space.text(place), *pair)


def _message(space: Accessed, element: str, first: Access, second: Access) -> str:
    """One sentence about a pair of accesses that nothing orders."""
    of_first = of_second = when = ""
    why = "with no barrier between"
    if first.block != second.block:
        of_first, of_second = f" of block {first.block}", f" of block {second.block}"
        why = "and blocks run in any order"
    elif _in_next_turn(space, first, second):
        when = " in the next turn of the loop"
    elif _in_next_turn(space, second, first):
        first, second, when = second, first, " in the next turn of the loop"
    return (
        f"race: thread {first.index}{of_first} {VERBS[first.kind]} {element} (line {first.line}) and "
        f"thread {second.index}{of_second} {VERBS[second.kind]} it{when} (line {second.line}), {why}"
    )


def _in_next_turn(space: Accessed, earlier: Access, later: Access) -> bool:
    """Return True if `later` belongs to the loop iteration after the one of `earlier`.

    Then its thread has passed the instruction of `earlier` since the last barrier, although `later` comes first in the
    code.
    """
    if (later.line, later.site) >= (earlier.line, earlier.site):
        return False
    key = later.launch, later.block, later.thread, later.epoch
    own = [use for use in space.accesses if (use.launch, use.block, use.thread, use.epoch) == key]
    return any(use.site == earlier.site for use in own[: own.index(later)])


def _conflict(accesses: list[Access]) -> tuple[Access, Access] | None:
    """Return two accesses of one element that nothing orders, or None."""
    found = _unordered(accesses, lambda each: each.block)
    if found is not None:
        return found
    groups: dict[tuple[int, int], list[Access]] = defaultdict(list)
    for each in accesses:
        groups[each.block, each.epoch].append(each)
    pairs = (_unordered(group, lambda each: each.thread) for group in groups.values())
    return next((pair for pair in pairs if pair is not None), None)


def _unordered(accesses: list[Access], owner: Callable[[Access], int]) -> tuple[Access, Access] | None:
    """Return two accesses by different owners, at least one a write and not both atomic, or None."""
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
    """Yield a message for the first read of a shared element that no thread of the block has written."""
    written: set[int] = set()
    for each in space.accesses:
        if each.kind != READ:
            written.add(each.place)
        elif each.place not in written:
            yield (
                f"uninitialized: thread {each.index} reads {space.text(each.place)} (line {each.line}) before any "
                f"thread of its block has written it"
            )
            return

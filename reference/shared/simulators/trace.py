"""The recorded accesses of a kernel and their cost on a GPU: races, sectors, banks, bytes.

`scheduler.watch` fills a `Trace`. Source of the rules: NVIDIA, CUDA C++ Programming Guide, "Device Memory
Accesses" (a warp's global accesses are served in sectors of 32 bytes) and "Shared Memory" (32 banks of 4
bytes; a bank serves different words one after the other, and equal words at once).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from dis import get_instructions
from functools import cache
from types import CodeType, FrameType
from typing import Any

import numpy as np

from reference.shared.simulators.races import ATOMIC, READ, WRITE, Access, races, unwritten

__all__ = ["ATOMIC", "READ", "WRITE", "Access", "Launch", "Request", "Space", "Trace", "instruction"]

WARP, SECTOR_BYTES, BANKS, BANK_BYTES = 32, 32, 32, 4
MOST_FAULTS = 5  # that a message lists


@dataclass
class Launch:
    """One kernel launch."""

    kernel: str
    grid: tuple[int, ...]
    block: tuple[int, ...]
    shared_bytes: int = 0  # of one block

    @property
    def threads(self) -> int:
        """Number of threads of the grid."""
        return int(np.prod(self.grid) * np.prod(self.block))


@dataclass
class Space:
    """One array that a kernel used: an argument, or the shared memory of one block (`block` >= 0)."""

    trace: Trace
    name: str
    shape: tuple[int, ...]
    itemsize: int
    launch: int
    address: int = 0  # of its first byte within its allocation: 0 unless it is part of a larger array
    strides: tuple[int, ...] = ()
    block: int = -1
    start: int = -1  # of an argument: the address of its first byte here
    aliases: list[str] = field(default_factory=list)  # further names of an array passed more than once
    accesses: list[Access] = field(default_factory=list)

    def note(self, thread: Any, place: int, kind: int, frame: FrameType, width: int = 1) -> None:
        """Record one instruction of one thread, for `width` elements from `place` on."""
        trace = self.trace
        site, line = trace.site(frame)
        count = (trace.block, thread.thread_id, site)
        turn = trace.turns[count]
        trace.turns[count] = turn + 1
        for each in range(place, place + width):
            use = (
                trace.block,
                thread.thread_id,
                thread.index,
                trace.epoch,
                each,
                kind,
                line,
                site,
                turn,
                self.launch,
            )
            self.accesses.append(tuple.__new__(Access, use))

    def bytes_at(self, places: np.ndarray) -> np.ndarray:
        """Return the address of each place, in bytes from the start of the array's line of 128 bytes."""
        indices = np.unravel_index(places, self.shape)
        offsets = sum(np.asarray(i) * step for i, step in zip(indices, self.strides, strict=True))
        return np.asarray(offsets) + self.address % 128

    def text(self, place: int) -> str:
        """Return the element as text: "tile[0, 3]"."""
        return f"{self.name}[{', '.join(str(int(i)) for i in np.unravel_index(place, self.shape))}]"


@dataclass(frozen=True)
class Request:
    """The accesses of one warp to one array in one instruction: up to 32 elements, served together."""

    space: Space
    block: int
    warp: int
    kind: int
    line: int
    lanes: tuple[int, ...]
    places: tuple[int, ...]

    @property
    def sectors(self) -> int:
        """Number of sectors of 32 bytes that it touches."""
        start = self.space.bytes_at(np.array(self.places))
        ends = start + self.space.itemsize - 1
        return len(np.unique(np.concatenate([start // SECTOR_BYTES, ends // SECTOR_BYTES])))

    @property
    def useful_bytes(self) -> int:
        """Bytes that its threads use, each element counted once."""
        return len(set(self.places)) * self.space.itemsize

    @property
    def ways(self) -> int:
        """The most different words that it needs from one bank: 1 has no conflict, n takes n turns."""
        words = np.unique(self.space.bytes_at(np.array(self.places)) // BANK_BYTES)
        return int(np.bincount(words % BANKS).max())


class Trace:
    """Every access of the launches inside one `watch`."""

    def __init__(self) -> None:
        self.launches: list[Launch] = []
        self.spaces: list[Space] = []
        self.block = self.epoch = 0
        self.sites: dict[tuple[int, int], tuple[int, int]] = {}
        self.numbers: dict[tuple[CodeType, int], tuple[int, int]] = {}
        self.turns: defaultdict[tuple[int, int, int], int] = defaultdict(int)

    def argument(self, name: str, data: np.ndarray) -> Space:
        """Return the space of an argument of the current launch. Two names of one array share it."""
        launch = len(self.launches) - 1
        start = data.__array_interface__["data"][0]
        for space in self.spaces:
            if (space.launch, space.start, space.shape, space.strides) == (
                launch,
                start,
                data.shape,
                data.strides,
            ):
                space.aliases.append(name)
                return space
        space = Space(self, name, data.shape, data.itemsize, launch, _offset(data), data.strides, start=start)
        self.spaces.append(space)
        return space

    def shared(self, name: str, data: np.ndarray, block: int) -> Space:
        """Return a new space for a shared array of one block."""
        space = Space(self, name, data.shape, data.itemsize, len(self.launches) - 1, 0, data.strides, block)
        self.spaces.append(space)
        return space

    def site(self, frame: FrameType) -> tuple[int, int]:
        """Return a number for the current instruction, and its line."""
        code, offset = frame.f_code, frame.f_lasti
        known = self.sites.get(
            (id(code), offset)
        )  # by identity: to hash a code object takes longer than all the rest
        if known is None:
            known = self.numbers.setdefault(
                (code, instruction(code, offset)), (len(self.numbers), frame.f_lineno)
            )
            self.sites[id(code), offset] = known
        return known

    def of(self, name: str) -> list[Space]:
        """Return the spaces called `name`: one for an argument, one per block for a shared array.

        Raises KeyError for an unknown name.
        """
        found = [space for space in self.spaces if space.name == name or name in space.aliases]
        if not found:
            raise KeyError(
                f"expected one of {', '.join(sorted({s.name for s in self.spaces}))}, got {name!r}"
            )
        return found

    def global_spaces(self) -> list[Space]:
        return [space for space in self.spaces if space.block < 0]

    def shared_spaces(self) -> list[Space]:
        return [space for space in self.spaces if space.block >= 0]

    def requests(self, *spaces: Space) -> Iterator[Request]:
        """Yield the requests of these spaces: accesses grouped by warp and instruction."""
        for space in spaces:
            groups: dict[tuple[int, ...], list[Access]] = defaultdict(list)
            for each in space.accesses:
                key = (each.launch, each.block, each.thread // WARP, each.site, each.turn, each.kind)
                groups[key].append(each)
            for (_, block, warp, _, _, kind), members in groups.items():
                lanes = tuple(each.thread % WARP for each in members)
                places = tuple(each.place for each in members)
                yield Request(space, block, warp, kind, members[0].line, lanes, places)

    def sectors(self, *names: str) -> int:
        """Count the sectors of global memory that the warps touch, in the named arrays or in all."""
        return sum(request.sectors for request in self.requests(*self._globals(names)))

    def global_bytes(self, *names: str) -> int:
        """Return the bytes that those sectors move."""
        return SECTOR_BYTES * self.sectors(*names)

    def efficiency(self, *names: str) -> float:
        """Return the share of the moved bytes that a thread of the warp uses; 1 if nothing was moved."""
        requests = list(self.requests(*self._globals(names)))
        moved = SECTOR_BYTES * sum(request.sectors for request in requests)
        return sum(request.useful_bytes for request in requests) / moved if moved else 1.0

    def bank_ways(self, *names: str) -> float:
        """Return the average turns of a request to shared memory: 1 has no conflicts. 0 without requests."""
        spaces = [s for s in self.shared_spaces() if not names or s.name in names]
        ways = [request.ways for request in self.requests(*spaces)]
        return float(np.mean(ways)) if ways else 0.0

    def counts(self, *names: str) -> tuple[int, int]:
        """Return (reads, writes) of single elements, of the named global arrays or of all.

        An atomic operation counts as both.
        """
        kinds = [each.kind for space in self._globals(names) for each in space.accesses]
        return sum(k != WRITE for k in kinds), sum(k != READ for k in kinds)

    def faults(self) -> list[str]:
        """Return the first errors that do not depend on the values.

        They are races, and reads of shared memory that no thread wrote.
        """
        found: list[str] = []
        for space in self.spaces:
            found += races(space)
            if space.block >= 0:
                found += unwritten(space)
        return found[:MOST_FAULTS]

    def _globals(self, names: tuple[str, ...]) -> list[Space]:
        spaces = self.global_spaces()
        if not names:
            return spaces
        return [space for name in names for space in self.of(name)]


def instruction(code: CodeType, offset: int) -> int:
    """Return the start of an instruction. `f_lasti` points behind it once Python has specialized it."""
    starts = _starts(code)
    return starts[bisect_right(starts, offset) - 1]


@cache
def _starts(code: CodeType) -> list[int]:
    return [each.offset for each in get_instructions(code)]


def _offset(data: np.ndarray) -> int:
    """Return the bytes from the start of the allocation of `data`, which a GPU aligns to 256."""
    owner: Any = data
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    skipped = owner.base.storage_offset() if hasattr(owner.base, "storage_offset") else 0  # of a torch tensor
    start, first = (each.__array_interface__["data"][0] for each in (owner, data))
    return first - start + skipped * data.itemsize

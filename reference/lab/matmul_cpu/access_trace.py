"""Record in which order a function reads its lists, and count what a cache would have missed.

`AccessRecorder.matrix("B", rows)` looks like a list of lists and writes down every element that is read from it.
The function under study is the real one, unchanged. Addresses are those of a row-major array of 8-byte
numbers; a Python list holds pointers in that order, and the numbers themselves elsewhere, which makes it
worse, not better.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, SupportsIndex, overload

ITEM_BYTES = 8


class Read(NamedTuple):
    matrix: str
    row: int
    column: int


@dataclass
class AccessRecorder:
    """Every element read from the matrices it made, in order."""

    reads: list[Read] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)  # width of each matrix: its row stride
    starts: dict[str, int] = field(default_factory=dict)  # first byte of each matrix, one after the other

    def matrix(self, name: str, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """A list of lists equal to `rows` that records each read. ValueError for a name used before."""
        if name in self.columns:
            raise ValueError(f"Recorder.matrix: {name!r} is already recorded")
        width = len(rows[0]) if rows else 0
        size = len(rows) * width * ITEM_BYTES
        self.starts[name] = getattr(self, "_end", 0)
        self._end = self.starts[name] + -(-size // 64) * 64  # each starts on a cache line of its own
        self.columns[name] = width
        return [_Row(self, name, i, row) for i, row in enumerate(rows)]

    def address(self, read: Read) -> int:
        """The byte at which the element would lie."""
        return self.starts[read.matrix] + (read.row * self.columns[read.matrix] + read.column) * ITEM_BYTES

    def lines(self, line: int = 64) -> list[int]:
        """The cache line of every read."""
        return [self.address(read) // line for read in self.reads]

    def only(self, matrix: str) -> list[Read]:
        return [read for read in self.reads if read.matrix == matrix]


def misses(lines: Iterable[int], capacity: int) -> int:
    """Loads from beyond a cache of `capacity` lines that drops the one unused for longest.

    lines: the cache line of every access. A real cache is not free to put any line anywhere, so it misses at
    least about as often. Raises ValueError for capacity < 1.
    """
    if capacity < 1:
        raise ValueError(f"misses: expected a capacity of at least one line, got {capacity}")
    held: OrderedDict[int, None] = OrderedDict()
    count = 0
    for line in lines:
        if line in held:
            held.move_to_end(line)
            continue
        count += 1
        held[line] = None
        if len(held) > capacity:
            held.popitem(last=False)
    return count


class _Row(list):
    def __init__(self, recorder: AccessRecorder, name: str, row: int, values: Sequence[float]) -> None:
        super().__init__(values)
        self._note = lambda column: recorder.reads.append(Read(name, row, column))

    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        value = super().__getitem__(index)  # raises first, so that a read out of range is not recorded
        touched = range(len(self))[index]
        for column in touched if isinstance(touched, range) else (touched,):
            self._note(column)
        return value

    def __iter__(self) -> Iterator[Any]:
        for column, value in enumerate(super().__iter__()):
            self._note(column)
            yield value

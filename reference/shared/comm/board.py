"""A board in shared memory: each rank writes its state into its own slot, and reads the slots of the others.

It is the side channel of CheckedCommunicator: it works while a backend is blocked, and reaches one machine.
"""

from __future__ import annotations

import json
import mmap
import struct
import time
import zlib
from pathlib import Path
from typing import Any

SLOT = 1 << 20  # bytes a rank; the file is sparse
HEADER = struct.Struct("<QII")  # number of the writing, length, checksum
PATIENCE = 10.0  # seconds for a slot that another process is writing


class RankBoard:
    """The slots of all ranks, in the file `path`, which all of them open. rank: the slot that this process writes."""

    def __init__(self, path: Path, size: int, rank: int = -1) -> None:
        self.size, self.rank, self.number = size, rank, 0
        self.last: list[tuple[int, dict[str, Any]]] = [(0, {})] * size  # what was read before
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), SLOT * size)

    @staticmethod
    def create(path: Path, size: int) -> None:
        """Make the empty file."""
        with path.open("wb") as file:
            file.truncate(SLOT * size)

    def write(self, state: dict[str, Any]) -> None:
        """Replace the state of this rank. Raises ValueError for one that is too long."""
        data = json.dumps(state, separators=(",", ":")).encode()
        if len(data) > SLOT - HEADER.size:
            raise ValueError(f"expected at most {SLOT} bytes of open requests on one rank, got {len(data)}")
        self.number += 1
        start = self.rank * SLOT
        self.memory[start + HEADER.size : start + HEADER.size + len(data)] = data
        self.memory[start : start + HEADER.size] = HEADER.pack(self.number, len(data), zlib.crc32(data))

    def read(self, rank: int) -> tuple[int, dict[str, Any]]:
        """The number of the last writing of a rank, and its state: 0 and {} before the first. Do not change it."""
        start, deadline = rank * SLOT, time.monotonic() + PATIENCE
        while True:
            number, length, checksum = HEADER.unpack_from(self.memory, start)
            if number == self.last[rank][0]:
                return self.last[rank]
            data = self.memory[start + HEADER.size : start + HEADER.size + length]
            if zlib.crc32(data) == checksum:  # else the other process is writing
                self.last[rank] = number, json.loads(data)
                return self.last[rank]
            if time.monotonic() > deadline:
                raise TimeoutError(f"the state of rank {rank} stays unreadable")
            time.sleep(0)

    def read_all(self) -> list[tuple[int, dict[str, Any]]]:
        """The state of each rank."""
        return [self.read(rank) for rank in range(self.size)]

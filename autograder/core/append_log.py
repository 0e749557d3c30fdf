"""An append-only log of JSON lines that survives a kill at any moment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.core.files import sync_folder
from autograder.core.locks import take
from autograder.core.storage import writing


def utc_now() -> datetime:
    """The time of the grader's clock; students' clocks do not count."""
    return datetime.now(UTC)


def append(path: Path, lines: bytes) -> None:
    """Add lines to the end of a file in one piece; they are on the disk when this returns.

    Several processes may do so at once. A kill, or a full disk, may cut a line off: the next call ends that line, and
    readers pass over it. Raises OSError.
    """
    new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing(path):
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            take(fd)
            size = os.fstat(fd).st_size
            torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
            left = memoryview(b"\n" + lines if torn else lines)
            while left:
                left = left[os.write(fd, left) :]
            os.fsync(fd)
        finally:
            os.close(fd)
    if new:
        sync_folder(path.parent)


class Journal:
    """One log file; several processes may append to it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, **fields: Any) -> None:
        """Add one line, which is on the disk when this returns. at: its time (default: now)."""
        line = {"at": utc_now().isoformat(), "event": event} | fields
        append(self.path, json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Every complete line, in order, without a line that a crash cut off."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return
        for line in data.split(b"\n"):
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and isinstance(event.get("event"), str):
                yield event

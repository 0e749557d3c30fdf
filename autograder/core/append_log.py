"""An append-only log of JSON lines that survives a kill at any moment."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.core.storage import writing


def utc_now() -> datetime:
    """The time of the grader's clock; students' clocks do not count."""
    return datetime.now(UTC)


class Journal:
    """One log file; several processes may append to it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, **fields: Any) -> None:
        """Add one line, which is on the disk when this returns. at: its time (default: now)."""
        line = {"at": utc_now().isoformat(), "event": event} | fields
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with writing(self.path):
            fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
                size = os.fstat(fd).st_size
                # A kill, or a full disk, may have cut the last line off: it must not spoil this one.
                torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
                view = memoryview(b"\n" + data if torn else data)
                while view:
                    view = view[os.write(fd, view) :]
                os.fsync(fd)
            finally:
                os.close(fd)
        if new:
            sync_folder(self.path.parent)

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


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

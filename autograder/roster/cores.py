"""Reserve cores of this machine across processes: a test that measures time gets all of them.

Each core is a file, locked by its holder. The kernel releases the locks of a dead process, so a kill leaves no lock
behind. A waiting process holds a gate, so that a test that needs every core gets its turn.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from autograder.core.units import CourseError
from reference.shared.machine import usable_cores

PATIENCE = 0.02  # seconds between two looks


def machine_folder() -> Path:
    """The folder of the locks: the same for every grading of this user on this machine."""
    folder = Path(tempfile.gettempdir(), f"mlsys-cores-{os.getuid()}")
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise CourseError(
            f"{folder} belongs to another user\n  to fix: remove it, or set TMPDIR to a folder of yours"
        )
    return folder


class Cores:
    """The cores of this machine; the judge calls `hold` for each test."""

    def __init__(self, folder: Path | None = None, total: int | None = None) -> None:
        self.folder = folder or machine_folder()
        self.total = total or usable_cores()

    @contextlib.contextmanager
    def hold(self, cores: int) -> Iterator[None]:
        """Wait for `cores` of them (0, or more than there are: all), and hold them."""
        needed = self.total if cores <= 0 else min(cores, self.total)
        with contextlib.ExitStack() as stack:
            with self.locked("gate", wait=True):
                waiting = list(range(self.total))
                while needed:
                    for number in list(waiting):
                        if needed and (lock := self.try_lock(f"core-{number}")) is not None:
                            stack.callback(os.close, lock)
                            waiting.remove(number)
                            needed -= 1
                    if needed:
                        time.sleep(PATIENCE)
            yield

    def open(self, name: str) -> int:
        return os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def try_lock(self, name: str) -> int | None:
        """A descriptor that holds the lock, or None if another process holds it."""
        fd = self.open(name)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        return fd

    @contextlib.contextmanager
    def locked(self, name: str, *, wait: bool) -> Iterator[None]:
        fd = self.open(name)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(fd)

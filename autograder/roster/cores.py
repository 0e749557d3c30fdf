"""Reserve cores of this machine across processes: a test that measures time gets all of them.

Each core is a file, locked by its holder. The kernel releases the locks of a dead process, so a kill leaves no lock
behind. A waiting process holds a gate, so that a test that needs every core gets its turn.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.core.locks import open_lock, take
from autograder.core.units import CourseError
from reference.shared.machine import usable_cores

PATIENCE = 0.02  # seconds between two looks
NOTICE = 2.0  # seconds of waiting before it is worth a word


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
    """The cores of this machine; the judge calls `hold` for each test.

    purpose: the words for the holder, for those who wait. process: the number of the program that a person started.
    on_wait: called when a wait is longer than a moment, with the holders of the cores, such as "a grading of 01_x
    (process 7)"; with none if only this program itself holds them.
    """

    def __init__(
        self,
        folder: Path | None = None,
        total: int | None = None,
        *,
        purpose: str = "a grading",
        process: int | None = None,
        on_wait: Callable[[tuple[str, ...]], None] = lambda _: None,
    ) -> None:
        self.folder = folder or machine_folder()
        self.total = total or usable_cores()
        self.purpose, self.process, self.on_wait = purpose, process or os.getpid(), on_wait

    @contextlib.contextmanager
    def hold(self, cores: int) -> Iterator[None]:
        """Wait for `cores` of them (0, or more than there are: all), and hold them."""
        needed = self.total if cores <= 0 else min(cores, self.total)
        with contextlib.ExitStack() as stack:
            with self.gate() as moment:
                waiting = list(range(self.total))
                while needed:
                    for number in list(waiting):
                        if needed and (lock := self.try_lock(f"core-{number}")) is not None:
                            stack.callback(os.close, lock)
                            waiting.remove(number)
                            needed -= 1
                    if needed:
                        moment.wait(f"core-{number}" for number in waiting)
            yield

    @contextlib.contextmanager
    def gate(self) -> Iterator[Moment]:
        """Wait for one's turn."""
        moment = Moment(self)
        while (fd := self.try_lock("gate")) is None:
            if moment.told:
                fd = self.open("gate")
                take(fd)
                break
            moment.wait(["gate", *(f"core-{number}" for number in range(self.total))])
        try:
            yield moment
        finally:
            os.close(fd)

    def open(self, name: str) -> int:
        return open_lock(self.folder / name, 0o600)

    def try_lock(self, name: str) -> int | None:
        """A descriptor that holds the lock and names its owner, or None if another process holds it."""
        fd = self.open(name)
        if not take(fd, wait=False):
            os.close(fd)
            return None
        with contextlib.suppress(OSError):  # a full disk keeps nobody from grading
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{self.process} {self.purpose}".encode(), 0)
        return fd

    def holders(self, names: Iterable[str]) -> tuple[str, ...]:
        """Other programs that wrote their names into these locks and still run."""
        found = []
        for name in names:
            number, _, purpose = (self.folder / name).read_text(errors="replace").partition(" ")
            if number.isdecimal() and int(number) != self.process and is_alive(int(number)):
                found.append(f"{purpose} (process {number})")
        return tuple(dict.fromkeys(found))


@dataclass
class Moment:
    """One wait for cores."""

    cores: Cores
    since: float = field(default_factory=time.monotonic)
    told: bool = False

    def wait(self, names: Iterable[str]) -> None:
        """Sleep for a moment; after a few of them, tell who is waited for."""
        if not self.told and time.monotonic() - self.since > NOTICE:
            self.told = True
            self.cores.on_wait(self.cores.holders(names))
        time.sleep(PATIENCE)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

"""Files in memory that carry arrays between processes, and how to copy to and from them quickly."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import threading
from collections.abc import Callable

F_GET_SEALS = 1034  # fcntl.F_GET_SEALS exists from Python 3.9 on Linux alone; macOS imports this file too
PARALLEL = 4 << 20  # bytes from which a copy is worth a thread a core
THREADS = min(4, os.cpu_count() or 1)


class MemoryFile:
    """A file in memory, used again for every frame of one sender; `fd` is -1 until the first use."""

    def __init__(self) -> None:
        self.fd = -1

    def resize(self, size: int) -> None:
        """Make the file exactly `size` bytes. Raises OSError when there is no memory for it."""
        if self.fd < 0:
            if hasattr(os, "memfd_create"):
                self.fd = os.memfd_create("mlsys", os.MFD_CLOEXEC)
            else:
                with tempfile.TemporaryFile() as file:
                    self.fd = os.dup(file.fileno())
        os.ftruncate(self.fd, size)

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def is_memory_file(fd: int, size: int) -> bool:
    """True when `fd` is a plain file in memory of exactly `size` bytes.

    A pipe, a socket, a device or a file on a slow file system could block the reader. Sealing calls
    succeed on files in memory alone, so F_GET_SEALS tells.
    """
    with contextlib.suppress(OSError):
        status = os.fstat(fd)
        if hasattr(os, "memfd_create"):
            import fcntl

            fcntl.fcntl(fd, F_GET_SEALS)
        return stat.S_ISREG(status.st_mode) and status.st_size == size
    return False


def read(fd: int, target: memoryview, offset: int) -> bool:
    """Fill `target` from the file at `offset`; False when the file ends too early."""
    return _in_parallel(lambda view, at: os.preadv(fd, [view], at), target, offset)


def write(fd: int, source: memoryview, offset: int) -> None:
    """Write `source` to the file at `offset`. Raises OSError when there is no memory for it."""
    if not _in_parallel(lambda view, at: os.pwrite(fd, view, at), source, offset):
        raise OSError("a memory file took no more bytes")


def _in_parallel(move: Callable[[memoryview, int], int], data: memoryview, offset: int) -> bool:
    """Apply `move` to all of `data`, a thread a core when it is large; the threads are gone at return."""
    done: list[bool | OSError] = []

    def work(view: memoryview, at: int) -> None:
        try:
            while view:
                count = move(view, at)
                if count <= 0:
                    return
                view, at = view[count:], at + count
            done.append(True)
        except OSError as error:
            done.append(error)

    parts = THREADS if len(data) >= PARALLEL else 1
    step = -(-len(data) // parts) or 1
    step = -(-step // 4096) * 4096
    starts = range(0, len(data), step)
    threads = [
        threading.Thread(target=work, args=(data[start : start + step], offset + start), daemon=True)
        for start in starts[1:]
    ]
    for thread in threads:
        thread.start()
    if starts:
        work(data[:step], offset)
    for thread in threads:
        thread.join()
    for outcome in done:
        if isinstance(outcome, OSError):
            raise outcome
    return len(done) == len(starts)

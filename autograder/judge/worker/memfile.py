"""Files in memory that carry arrays between processes, with fast copies to and from them."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import stat
import sys
import tempfile
import threading
from collections.abc import Callable

import numpy as np

F_ADD_SEALS, F_GET_SEALS = 1033, 1034  # fcntl's names exist on Linux alone; macOS imports this file too
SEAL_SEAL, SEAL_SHRINK, SEAL_GROW = 1, 2, 4
HUGE = 2 << 20  # bytes of a large page
PARALLEL = 4 << 20  # bytes from which a copy is worth a thread a core
THREADS = min(4, os.cpu_count() or 1)


class MemoryFile:
    """A file in memory, reused for every frame of one sender: its pages stay allocated and mapped.

    Its size is sealed, so that a receiver cannot shrink it under the sender's mapping.
    """

    def __init__(self) -> None:
        self.fd = -1  # until the first use
        self.view = np.empty(0, np.uint8)

    def reserve(self, size: int) -> None:
        """Reserve `size` bytes. Raises OSError if there is not enough memory."""
        if size <= self.view.size:
            return
        self.close()
        capacity = -(-size // HUGE) * HUGE
        if hasattr(os, "memfd_create"):
            self.fd = os.memfd_create("mlsys", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        else:
            with tempfile.TemporaryFile() as file:
                self.fd = os.dup(file.fileno())
        os.ftruncate(self.fd, capacity)
        with contextlib.suppress(OSError):
            fcntl.fcntl(self.fd, F_ADD_SEALS, SEAL_SHRINK | SEAL_GROW | SEAL_SEAL)
        mapping = mmap.mmap(self.fd, capacity)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            with contextlib.suppress(OSError):
                mapping.madvise(mmap.MADV_HUGEPAGE)
        self.view = np.frombuffer(mapping, np.uint8)

    def write(self, array: np.ndarray, offset: int) -> None:
        """Copy a contiguous array to the file."""
        source = array.reshape(-1).view(np.uint8)
        target = self.view[offset : offset + source.size]

        def copy(start: int, stop: int) -> int:
            np.copyto(target[start:stop], source[start:stop])
            return stop - start

        in_parallel(copy, source.size)

    def close(self) -> None:
        self.view = np.empty(0, np.uint8)  # the mapping goes with its last user
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def is_memory_file(fd: int, size: int) -> bool:
    """True if `fd` is a plain file in memory of at least `size` bytes, all of which its sender pays for.

    A sparse file costs its sender nothing, and its reader as many bytes as it says.

    A pipe, a socket, a device or a file on a slow file system could block the reader. Sealing calls succeed only on
    files in memory, so F_GET_SEALS identifies them.
    """
    with contextlib.suppress(OSError):
        status = os.fstat(fd)
        if hasattr(os, "memfd_create"):
            fcntl.fcntl(fd, F_GET_SEALS)
            if status.st_blocks * 512 < size:
                return False
        return stat.S_ISREG(status.st_mode) and status.st_size >= size
    return False


def read(fd: int, target: memoryview, offset: int) -> bool:
    """Fill `target` from the file at `offset`; False if the file ends too early.

    It copies with pread. A mapping of a file that another process can shrink would end this process with SIGBUS.
    """
    return in_parallel(lambda start, stop: os.preadv(fd, [target[start:stop]], offset + start), len(target))


def in_parallel(move: Callable[[int, int], int], size: int) -> bool:
    """Let `move(start, stop)` move all bytes from 0 to size; False if it stops early.

    Large moves use a thread for each core; the threads end before it returns.
    """
    done: list[bool | OSError] = []

    def work(start: int, stop: int) -> None:
        try:
            while start < stop:
                count = move(start, stop)
                if count <= 0:
                    return
                start += count
            done.append(True)
        except OSError as error:
            done.append(error)

    parts = THREADS if size >= PARALLEL else 1
    step = -(-(size // parts + 1) // 4096) * 4096
    spans = [(start, min(start + step, size)) for start in range(0, size, step)]
    threads = [threading.Thread(target=work, args=span, daemon=True) for span in spans[1:]]
    for thread in threads:
        thread.start()
    if spans:
        work(*spans[0])
    for thread in threads:
        thread.join()
    for outcome in done:
        if isinstance(outcome, OSError):
            raise outcome
    return len(done) == len(spans)


class Recycler:
    """Memory for received arrays, reused after its last user: new pages cost as much as the copy."""

    SMALLEST, LARGEST, KEPT = 1 << 20, 1 << 28, 3

    def __init__(self) -> None:
        self.buffers: list[np.ndarray] = []

    def empty(self, shape: tuple[int, ...], dtype: np.dtype, size: int) -> np.ndarray:
        """Like numpy.empty; `size` is its bytes."""
        if not self.SMALLEST <= size <= self.LARGEST:
            return np.empty(shape, dtype)
        # Its references: the list, the loop's variable, and the call's argument. A view adds one.
        free = [
            buffer
            for buffer in self.buffers
            if sys.getrefcount(buffer) == 3 and size <= buffer.size <= 2 * size
        ]
        if not free:
            free = [np.empty(size, np.uint8)]
            self.buffers = [*self.buffers, *free][-self.KEPT :]
        return free[0][:size].view(dtype).reshape(shape)

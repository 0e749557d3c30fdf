"""Watch one test from a thread of the judge: read its output, and stop it above a limit."""

from __future__ import annotations

import os
import selectors
import threading
import time
from collections.abc import Callable

from autograder.core.manifest import Limits
from autograder.core.result import Status
from autograder.judge.session.usage import MAX_OPEN, Scope, available_memory

PERIOD = 0.04  # seconds between looks at memory and processes
SLOW_PERIOD = 0.4  # ... and at what is dear to look at
LONGEST_PERIOD = 0.5  # a submission that makes looking dear must not be looked at less for it
MAX_FILES = 50_000
LOW_MEMORY = 256 << 20  # bytes that the machine keeps, whoever took the rest
CHUNK = 1 << 18


class Tail:
    """The last `limit` bytes of a stream."""

    def __init__(self, limit: int) -> None:
        self.limit, self.data, self.dropped = limit, bytearray(), 0

    def add(self, chunk: bytes) -> None:
        self.data += chunk
        if len(self.data) > 2 * self.limit + CHUNK:
            self.trim()

    def trim(self) -> None:
        excess = max(0, len(self.data) - self.limit)
        self.dropped += excess
        del self.data[:excess]

    def text(self) -> str:
        self.trim()
        text = self.data.decode(errors="replace").replace("\0", "")
        return f"[... {self.dropped} bytes left out ...]\n{text}" if self.dropped else text


class Monitor:
    """The watcher of a running test. It sets `verdict`, the exceeded limit, before it calls `stop_test`."""

    def __init__(
        self, scope: Scope, limits: Limits, pipes: dict[str, int], stop_test: Callable[[], None]
    ) -> None:
        self.scope, self.limits, self.stop_test = scope, limits, stop_test
        self.verdict: tuple[Status, str] | None = None
        self.tails = {name: Tail(limits.output_kb << 10) for name in pipes}
        self.pipes = pipes
        self.spent_before = scope.spent()
        self.ending = threading.Event()
        self.wake_read, self.wake_write = os.pipe()
        self.thread = threading.Thread(target=self.run, name="mlsys-monitor", daemon=True)
        self.thread.start()

    def finish(self) -> dict[str, str]:
        """The end of each stream; call it after the test's processes are dead."""
        self.ending.set()
        os.write(self.wake_write, b"x")
        self.thread.join()
        for fd in (*self.pipes.values(), self.wake_read, self.wake_write):
            os.close(fd)
        return {name: tail.text() for name, tail in self.tails.items()}

    def run(self) -> None:
        period = PERIOD if self.scope.isolated else 5 * PERIOD
        with selectors.DefaultSelector() as selector:
            for name, fd in self.pipes.items():
                os.set_blocking(fd, False)
                selector.register(fd, selectors.EVENT_READ, name)
            selector.register(self.wake_read, selectors.EVENT_READ, None)
            look = slow_look = time.monotonic()
            while not self.ending.is_set():
                for key, _ in selector.select(max(0.0, look - time.monotonic())):
                    if key.data and not self.drain(key.fd, key.data):
                        selector.unregister(key.fd)
                now = time.monotonic()
                if now >= look and self.verdict is None:
                    slow = now >= slow_look
                    self.judge(slow=slow)
                    # Looking must stay cheap beside what is looked at.
                    spent = time.monotonic() - now
                    look = now + max(period, min(20 * spent, LONGEST_PERIOD))
                    slow_look = now + SLOW_PERIOD if slow else slow_look
                elif self.verdict is not None:
                    look = now + 1
        for name, fd in self.pipes.items():
            while self.drain(fd, name, once=True):
                pass

    def drain(self, fd: int, name: str, *, once: bool = False) -> bool:
        """Read the available output of a stream; False at its end (or, with `once`, if there is none now)."""
        try:
            chunk = os.read(fd, CHUNK)
        except BlockingIOError:
            return not once
        except OSError:
            return False
        self.tails[name].add(chunk)
        return bool(chunk)

    def judge(self, *, slow: bool) -> None:
        """Compare use with limits, and stop the test above one."""
        limits = self.limits
        threads, memory, with_shared = self.scope.load()
        if threads > limits.processes:
            self.condemn(
                Status.PROCESS_LIMIT, f"{threads} processes and threads; the limit is {limits.processes}"
            )
            return
        most, available = limits.memory_mb << 20, available_memory()
        suspect = memory > most or (slow and with_shared > most)
        if suspect and (memory := self.scope.proportional()) > most:
            self.condemn(
                Status.MEMORY_LIMIT, f"{memory >> 20} MB of memory; the limit is {limits.memory_mb} MB"
            )
        elif (slow or available < 2 * LOW_MEMORY) and self.hoards(memory, most):
            pass  # condemned
        elif available < LOW_MEMORY:
            guilty = with_shared > most // 2
            message = f"the machine has {available >> 20} MB of memory left"
            self.condemn(Status.MEMORY_LIMIT if guilty else Status.INFRA_ERROR, message)
        elif slow and self.scope.isolated and (files := self.scope.files()) > MAX_FILES:
            self.condemn(Status.DISK_LIMIT, f"{files} files; the limit is {MAX_FILES}")
        elif slow and (spent := self.scope.spent() - self.spent_before) > limits.cpu_seconds + 1:
            message = f"used {spent:.0f} CPU seconds; the limit is {limits.cpu_seconds:g}"
            self.condemn(Status.TIMEOUT, message)

    def hoards(self, memory: int, most: int) -> bool:
        """Stop the test if its memory files and sockets are above the limit, or too many to look at."""
        files, sockets = self.scope.memory_files(), self.scope.socket_memory()
        if files is None:
            self.condemn(
                Status.PROCESS_LIMIT, f"more than {MAX_OPEN} open files; close those that you do not need"
            )
        elif memory + files > most:
            self.condemn(Status.MEMORY_LIMIT, f"more than {self.limits.memory_mb} MB in memory files")
        elif memory + files + sockets > most:
            message = f"more than {self.limits.memory_mb} MB in memory and in what open sockets can hold"
            self.condemn(Status.MEMORY_LIMIT, f"{message}; close sockets that you do not need")
        return self.verdict is not None

    def condemn(self, status: Status, message: str) -> None:
        self.verdict = (status, message)
        self.stop_test()

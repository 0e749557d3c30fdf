"""Read the use of a sandbox's processes through /proc: memory, threads, CPU, disk."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path

from autograder.judge.worker.processes import descendants, stat_fields

NUMBERS = re.compile(rb"^(Threads|RssAnon|RssShmem):\s+(\d+)", re.MULTILINE)
TICK = os.sysconf("SC_CLK_TCK")
MAX_OPEN = 20_000  # open files of all processes, each counted once a thread
# What a socket holds that nobody reads, by Linux's default (net.core.wmem_default, with the kernel's own share). Where
# wmem_max is larger, a program may ask for more, unseen; only a control group counts that.
SOCKET_BYTES = 2 * 212_992
STOPPED, DEAD = "Tt", "ZXx"  # states of a thread in /proc


class Scope:
    """The processes of one sandbox except its zygote; `zygote` is the zygote's process number outside.

    A bubblewrap sandbox has its own /proc that lists nothing else; the judge reads it through /proc/ZYGOTE/root.
    Without a sandbox, these are the zygote's descendants.
    """

    def __init__(self, zygote: int, *, isolated: bool) -> None:
        self.zygote, self.isolated = zygote, isolated
        self.root = Path("/proc", str(zygote), "root") if isolated else Path("/")
        self.proc = self.root / "proc"
        self.own_sockets = sockets(zygote) if isolated else 0
        self.own_memory = self.memory_of(Path("/proc", str(zygote)))[1]

    def processes(self) -> list[Path]:
        """The /proc folder of each process."""
        if not self.isolated:
            return [self.proc / str(pid) for pid in descendants(self.zygote)]
        with contextlib.suppress(OSError):
            names = os.listdir(self.proc)  # noqa: PTH208 -- runs 25 times a second
            return [self.proc / name for name in names if name.isdigit() and name != "1"]
        return []

    @staticmethod
    def memory_of(process: Path) -> tuple[int, int]:
        """(threads, resident bytes that are not files on disk) of one process."""
        try:
            found = dict(NUMBERS.findall((process / "status").read_bytes()))
            if b"RssAnon" not in found:
                # A first thread that ended while others go on shows no memory: ask those.
                for task in living_tasks(process):
                    found = {**dict(NUMBERS.findall((task / "status").read_bytes())), **found}
        except OSError:
            return 0, 0
        kilobytes = int(found.get(b"RssAnon", 0)) + int(found.get(b"RssShmem", 0))
        return int(found.get(b"Threads", 0)), kilobytes << 10

    def load(self) -> tuple[int, int, int]:
        """(threads, bytes, more bytes) of all processes.

        The first number of bytes excludes memory that a fork may share with the zygote; the second includes it.
        """
        threads = total = full = 0
        for process in self.processes():
            count, size = self.memory_of(process)
            threads += count
            total += max(0, size - self.own_memory)
            full += size
        return threads, total, full

    def proportional(self) -> int:
        """Bytes of all processes, with each shared page counted once: slow, so only used near the limit."""
        total = 0
        for process in self.processes():
            for place in (process, *living_tasks(process)):
                with contextlib.suppress(OSError, ValueError, IndexError):
                    rollup = (place / "smaps_rollup").read_bytes()
                    for name in (b"Pss_Anon", b"Pss_Shmem"):
                        total += int(rollup.partition(name + b":")[2].split()[0]) << 10
                    break  # the threads of a process share its memory
        return total

    def memory_files(self) -> int | None:
        """Bytes in open memory files of the processes, mapped or not; a thread may have its own files.

        None above MAX_OPEN open files: more would take too long to look at.
        """
        sizes: dict[tuple[int, int], int] = {}
        count = 0
        for process in self.processes():
            for task in living_tasks(process):
                with contextlib.suppress(OSError):
                    names = os.listdir(task / "fd")  # noqa: PTH208
                    count += len(names)
                    if count > MAX_OPEN:
                        return None
                    for name in names:
                        with contextlib.suppress(OSError):
                            status = os.stat(task / "fd" / name)  # noqa: PTH116
                            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                                sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
        return sum(sizes.values())

    def socket_memory(self) -> int:
        """Bytes that the sandbox's sockets may hold unread: nothing in /proc shows how much they do.

        The kernel counts the sockets of a network namespace, also those that no process has open because they wait
        in another socket. 0 without a sandbox, whose sockets are not told apart from the machine's.
        """
        if not self.isolated:
            return 0
        return max(0, sockets(self.zygote) - self.own_sockets) * SOCKET_BYTES

    def spent(self) -> float:
        """CPU seconds of all processes since the sandbox began, including dead ones that were waited for."""
        ticks = 0
        with contextlib.suppress(OSError, IndexError):
            ticks += sum(stat_fields(Path("/proc", str(self.zygote), "stat"))[13:15])
        for process in self.processes():
            with contextlib.suppress(OSError, IndexError):
                ticks += sum(stat_fields(process / "stat")[11:15])
        return ticks / TICK

    def files(self) -> int:
        """The number of files in the sandbox's temporary folders."""
        total = 0
        for name in ("tmp", "dev/shm"):
            with contextlib.suppress(OSError):
                found = os.statvfs(self.root / name)
                total += found.f_files - found.f_ffree
        return total

    def cpu(self, main: int) -> CpuReading:
        """CPU seconds so far: of each living thread, and of all processes with their dead threads."""
        threads: dict[tuple[str, str], float] = {}
        states: dict[tuple[str, str], str] = {}
        total = process_clock(main)
        for process in self.processes():
            with contextlib.suppress(OSError, ValueError, IndexError):
                for task in living_tasks(process):
                    threads[process.name, task.name] = thread_seconds(task)
                    states[process.name, task.name] = chr(stat_fields(task / "stat")[0])
                fields = stat_fields(process / "stat")
                reaped = (fields[13] + fields[14]) / TICK
                total += reaped if self.is_main(process, main) else reaped + (fields[11] + fields[12]) / TICK
        return CpuReading(total, threads, states)

    def is_main(self, process: Path, main: int) -> bool:
        """True if `process`, with its number inside the sandbox, is process `main` of the host."""
        if not self.isolated:
            return process.name == str(main)
        with contextlib.suppress(OSError, IndexError):
            status = Path("/proc", str(main), "status").read_text()
            return status.partition("NSpid:")[2].split("\n")[0].split()[-1] == process.name
        return False


@dataclass(frozen=True)
class CpuReading:
    """CPU seconds at one time."""

    total: float
    threads: dict[tuple[str, str], float]
    states: dict[tuple[str, str], str] = field(default_factory=dict)  # as /proc/PID/stat has them

    @property
    def still(self) -> bool:
        """True if every thread is stopped or dead."""
        return all(state in STOPPED + DEAD for state in self.states.values())

    def gone(self, before: CpuReading) -> bool:
        """True if a thread that was alive before has ended, so that its later use is unknown."""
        return any(state not in DEAD and key not in self.states for key, state in before.states.items())

    def since(self, before: CpuReading) -> tuple[float, tuple[float, ...]]:
        """(CPU seconds, those of each thread that worked, busiest first) between two readings."""
        spent = [seconds - before.threads.get(key, 0.0) for key, seconds in self.threads.items()]
        busy = tuple(sorted((s for s in spent if s > 1e-5), reverse=True))
        return max(self.total - before.total, sum(busy)), busy


def sockets(pid: int) -> int:
    """The number of sockets in the network namespace of a process; 0 if the kernel does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc", str(pid), "net/sockstat").read_bytes().split()[2])
    return 0


def living_tasks(process: Path) -> list[Path]:
    """The /proc folders of a process's threads."""
    with contextlib.suppress(OSError):
        return [process / "task" / name for name in os.listdir(process / "task")]  # noqa: PTH208
    return []


def thread_seconds(task: Path) -> float:
    """CPU seconds of one thread: from nanoseconds if the kernel has them, else from clock ticks."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((task / "schedstat").read_bytes().split()[0]) / 1e9
    fields = stat_fields(task / "stat")
    return (fields[11] + fields[12]) / TICK


def process_clock(pid: int) -> float:
    """CPU seconds of a process with all its threads, including dead ones; 0 if it has ended.

    The clock's number is made as the C library's clock_getcpuclockid makes it.
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def available_memory() -> int:
    """Bytes that the machine can still give, or a large number if it does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/meminfo").read_bytes().partition(b"MemAvailable:")[2].split()[0]) << 10
    return 1 << 60

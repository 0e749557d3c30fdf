"""A control group for a sandbox, if this machine allows one: a hard limit besides the watchdog's.

The watchdog (monitor.py) decides the outcome. It looks 25 times a second at /proc; the kernel counts everything,
including memory in sockets and in files sent through them. Grades must not depend on the machine, so the group's
limit is above the watchdog's, by the amount that the sandbox may hold besides.

This needs control groups version 2 (Linux documentation, admin-guide/cgroup-v2): a folder below a group that we may
write to, with the memory controller. Root finds one on most servers; an ordinary user in their systemd session, or
with `systemd-run --user --scope`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import time
from functools import cache
from pathlib import Path

SLACK_MB = 512  # the zygote, page tables, buffers
JOIN = 'echo 0 2>/dev/null > "$0/cgroup.procs"; exec "$@"'  # before the sandbox starts anything


class ControlGroup:
    """One group, for one sandbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.killed = 0

    @classmethod
    def make(cls) -> ControlGroup | None:
        """A new group; None if this machine does not allow one."""
        place = parent()
        if place is None:
            return None
        folder = place / f"mlsys-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            folder.mkdir()
        except OSError:
            return None
        return cls(folder)

    def wrap(self, command: list[str]) -> list[str]:
        """The command, preceded by joining the group."""
        return ["/bin/sh", "-c", JOIN, str(self.folder), *command]

    def limit(self, megabytes: int, processes: int) -> None:
        """Set the limit that the kernel enforces from now on, and forget earlier kills."""
        self.set("memory.max", (megabytes + SLACK_MB) << 20)
        self.set("memory.swap.max", 0)
        self.set("pids.max", processes)
        self.killed = self.kills()

    def set(self, name: str, value: int) -> None:
        with contextlib.suppress(OSError):
            (self.folder / name).write_text(str(value))

    def kills(self) -> int:
        """The number of processes of the group that the kernel killed for lack of memory."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            events = (self.folder / "memory.events").read_text()
            return int(events.partition("oom_kill ")[2].split()[0])
        return 0

    @property
    def exceeded(self) -> bool:
        """True if the kernel killed a process since the call of `limit`."""
        return self.kills() > self.killed

    def remove(self) -> None:
        """Remove the group, after its processes are dead; the kernel may need a moment to notice."""
        for _ in range(50):
            try:
                self.folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(0.01)
            else:
                return


def memory_net() -> str:
    """The memory limits of this machine, for the result's record."""
    return "watchdog" if parent() is None else "cgroup v2, watchdog"


@cache
def parent() -> Path | None:
    """The nearest group above this process in which we can make ours."""
    return find_parent(Path("/proc/self"))


def find_parent(process: Path) -> Path | None:
    """Like `parent`, for a folder of /proc."""
    with contextlib.suppress(OSError, ValueError):
        lines = (process / "cgroup").read_text().splitlines()
        own = next((line[3:] for line in lines if line.startswith("0::/")), "/")
        root, mount = mounted(process)
        place = mount / Path(own).relative_to(root)
        for folder in (place, *place.parents):
            if not folder.is_relative_to(mount):
                break
            if usable(folder):
                return folder
    return None


def mounted(process: Path) -> tuple[Path, Path]:
    """(the group at the top of the mounted hierarchy, where it is mounted). Raises ValueError."""
    for line in (process / "mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            fields = before.split()
            return Path(fields[3]), Path(fields[4])
    raise ValueError("no control groups version 2 here")


def usable(folder: Path) -> bool:
    """True if a process of ours can join a new group with a memory limit in `folder`."""
    with contextlib.suppress(OSError):
        if "memory" not in (folder / "cgroup.subtree_control").read_text().split():
            return False
        group = ControlGroup(folder / f"mlsys-{os.getpid()}-trial-{secrets.token_hex(4)}")
        group.folder.mkdir()
        try:
            (group.folder / "memory.max").write_text(str(SLACK_MB << 20))
            script = 'echo 0 > "$0/cgroup.procs"'
            done = subprocess.run(["/bin/sh", "-c", script, str(group.folder)], stderr=subprocess.DEVNULL)
            return done.returncode == 0
        finally:
            group.remove()
    return False

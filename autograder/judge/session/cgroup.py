"""A control group for a sandbox, where this machine lets us make one: a hard limit under the watchdog's.

The watchdog (monitor.py) gives the verdicts. It looks 25 times a second and sees what /proc shows; the kernel
misses nothing, memory in sockets and in files on their way through them included. Grades must not depend on
the machine, so the group's limit lies above the watchdog's by what else the sandbox may hold.

Control groups version 2 alone (Linux documentation, admin-guide/cgroup-v2): a folder made below a group that
we may write to and that hands the memory controller down. Root finds one on most servers; an ordinary user
inside their systemd session, or with `systemd-run --user --scope`.
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
        """A fresh group, or None where there can be none."""
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
        """The command, which joins the group first."""
        return ["/bin/sh", "-c", JOIN, str(self.folder), *command]

    def limit(self, megabytes: int, processes: int) -> None:
        """Set what the kernel enforces from now on, and forget what it killed before."""
        self.set("memory.max", (megabytes + SLACK_MB) << 20)
        self.set("memory.swap.max", 0)
        self.set("pids.max", processes)
        self.killed = self.kills()

    def set(self, name: str, value: int) -> None:
        with contextlib.suppress(OSError):
            (self.folder / name).write_text(str(value))

    def kills(self) -> int:
        """How many processes the kernel ended for want of memory in the group."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            events = (self.folder / "memory.events").read_text()
            return int(events.partition("oom_kill ")[2].split()[0])
        return 0

    @property
    def exceeded(self) -> bool:
        """Whether the kernel has ended a process since `limit` was called."""
        return self.kills() > self.killed

    def remove(self) -> None:
        """Call when its processes are dead; the kernel may take a moment to see that."""
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
    """What stands between a submission and the machine's memory: for the result's record."""
    return "watchdog" if parent() is None else "cgroup v2, watchdog"


@cache
def parent() -> Path | None:
    """The group to make ours in: the nearest above this process that serves."""
    return find_parent(Path("/proc/self"))


def find_parent(process: Path) -> Path | None:
    """The same for a folder of /proc."""
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
    """Whether a process of ours can really join a new group in `folder`, one with a memory limit."""
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

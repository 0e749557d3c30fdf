"""Processes: the descendants of one, read from /proc, signals to all of them, and prctl."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

PDEATHSIG, DUMPABLE, CHILD_SUBREAPER = 1, 4, 36  # PR_SET_... of linux/prctl.h


def prctl(option: int, value: int) -> None:
    """Call prctl, which only Linux has; elsewhere tier "none" works without it."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def parents(proc: Path = Path("/proc")) -> dict[int, int]:
    """Process -> its parent, for every process that `proc` shows; {} on a system without /proc."""
    found: dict[int, int] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir(proc):  # noqa: PTH208 -- names are enough, and this runs often
            if name.isdigit():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    found[int(name)] = stat_fields(proc / name / "stat")[1]
    return found


def stat_fields(path: Path) -> list[int]:
    """The numbers of a /proc/PID/stat after the command: [0] the state as a character code, [1] the parent.

    The command itself may hold blanks and parentheses, so the fields start after the last ")".
    """
    fields = path.read_bytes().rpartition(b") ")[2].split()
    return [fields[0][0], *map(int, fields[1:])]


def descendants(root: int) -> list[int]:
    """Every process below `root`, parents before children."""
    below: dict[int, list[int]] = {}
    for pid, parent in parents().items():
        below.setdefault(parent, []).append(pid)
    order, queue = [], [root]
    while queue:
        children = below.get(queue.pop(), [])
        order += children
        queue += children
    return order


def signal_descendants(root: int, number: int) -> None:
    """Signal every process below `root`, until no new process appears."""
    seen: set[int] = set()
    for _ in range(50):
        new = [pid for pid in descendants(root) if pid not in seen]
        if not new:
            return
        for pid in new:
            seen.add(pid)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

"""Locks between processes, on files and folders. The kernel releases a lock when its process ends, even by a kill."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from autograder.core.units import CourseError


def take(fd: int, *, wait: bool = True) -> bool:
    """Lock an open file or folder until its descriptor is closed, here and in every process that inherited it.

    False if another process holds the lock and `wait` is false.
    """
    try:
        fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_lock(path: Path, mode: int = 0o644) -> int:
    """A descriptor of a lock's file, which is made if it is missing. The caller closes it. Raises OSError."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[int]:
    """Wait for the lock of a file, made with its folders if it is missing; yields the descriptor that holds it.

    A child process that inherits the descriptor keeps the lock when this process ends. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = open_lock(path)
    try:
        take(fd)
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def held_alone(fd: int, busy: str) -> Iterator[None]:
    """Hold the lock of an open file or folder, and close it. Raises CourseError with the text `busy` if it is taken."""
    try:
        if not take(fd, wait=False):
            raise CourseError(busy)
        yield
    finally:
        os.close(fd)

"""Read a file from an untrusted folder: without following links, without waiting, and up to a size limit."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class NotRegularError(OSError):
    """A folder, a pipe, a device or a socket in place of a file."""


class LinkError(NotRegularError):
    """A symbolic link in place of a file."""


class FileTooLargeError(OSError):
    """A file above the size limit."""

    def __init__(self, size: int, *, grew: bool = False) -> None:
        super().__init__(errno.EFBIG, os.strerror(errno.EFBIG))
        self.size = size
        self.grew = grew  # while it was read


def read_regular(path: str | Path, limit: int, *, dir_fd: int | None = None) -> bytes:
    """The content of a regular file of at most `limit` bytes. dir_fd: an open folder in which a relative path starts.

    Links in the folders above the file are followed: open those with `open_folder` first.
    Raises FileNotFoundError, LinkError, NotRegularError, FileTooLargeError, and OSError if it cannot be read.
    """
    refuse_others(os.stat(path, dir_fd=dir_fd, follow_symlinks=False))
    # O_NOFOLLOW and O_NONBLOCK: a link or a pipe may have taken the file's place by now.
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=dir_fd)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):  # EMLINK: FreeBSD's word for it
            raise LinkError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        raise
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        refuse_others(status)
        if status.st_size > limit:
            raise FileTooLargeError(status.st_size)
        data = file.read(limit + 1)
    if len(data) > limit:
        raise FileTooLargeError(len(data), grew=True)
    return data


def open_folder(path: Path, *, follow: bool = True) -> int:
    """A descriptor of a folder, which the caller closes. Raises OSError; without `follow`, also for a link."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))


def refuse_others(status: os.stat_result) -> None:
    """Raise LinkError or NotRegularError for anything except a regular file."""
    if stat.S_ISLNK(status.st_mode):
        raise LinkError(errno.ELOOP, os.strerror(errno.ELOOP))
    if not stat.S_ISREG(status.st_mode):
        raise NotRegularError(errno.EINVAL, "not a regular file")

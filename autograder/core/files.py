"""Write files atomically: a reader, or a crash, sees the old content or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.core.storage import writing


@contextlib.contextmanager
def flushed_beside(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """Yields a temporary file beside `path`, with the content on the disk; removes it unless it was renamed."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(mode)
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)


def write_atomic(path: Path, content: bytes | str, *, mode: int = 0o644) -> None:
    """Write `content` to `path`: write it to a file beside, flush it to the disk, and rename it.

    Makes parent folders. A kill at any moment leaves the old file or the new one, and at most one stray
    `.NAME.*.tmp`.
    """
    data = content.encode() if isinstance(content, str) else content
    with flushed_beside(path, data, mode) as temporary:
        temporary.replace(path)
    sync_folder(path.parent)


def open_to_all(folder: Path) -> Path:
    """Make a folder, and those above it that are missing, which every user can read with any umask."""
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in new or [folder]:
        each.chmod(0o755)
    return folder


def write_new(path: Path, content: bytes, *, mode: int = 0o644) -> bool:
    """Like `write_atomic`, but never replaces a file; returns False if the name exists."""
    with flushed_beside(path, content, mode) as temporary:
        try:
            os.link(temporary, path)  # unlike a rename, fails when the name is taken
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            if path.exists() or path.is_symlink():
                return False
            temporary.replace(path)
    return True


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

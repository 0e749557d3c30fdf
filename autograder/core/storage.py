"""Explain a failed write: a full disk, a read-only folder, or a limit on the size of files."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.core.units import CourseError, course_root

FULL = {errno.ENOSPC, errno.EDQUOT}
CLOSED = {errno.EACCES, errno.EPERM}


class StorageError(CourseError):
    """A file could not be written, for a reason outside the course."""

    exit_code = 74


def explain(error: OSError, safe: str = "") -> str:
    """A message for an error of the disk, "" for any other error. safe: a sentence about what is not lost."""
    where = f": {error.filename}" if error.filename else ""
    if error.errno in FULL:
        what = f"the disk is full{where}"
        fix = f"free some space ({free(error.filename)}), then run the same command again"
    elif error.errno == errno.EFBIG:
        what = f"a file would be larger than this shell allows{where}"
        fix = "ulimit -f unlimited, then run the same command again"
    elif error.errno == errno.EROFS:
        what, fix = f"read-only file system{where}", "move the course to a folder that you can write to"
    elif error.errno in CLOSED and error.filename:
        what = f"no access{where} ({error.strerror})"
        fix = "give yourself the right to read and write it, then run the same command again"
    else:
        return ""
    return "\n  ".join(filter(None, (what, safe, f"to fix: {fix}")))


def free(file: str | None) -> str:
    """The free space where a file would be; without one, where the course and its temporary files are."""
    places = [Path(file).absolute()] if file else [course_root(), Path(tempfile.gettempdir())]
    folders = [next(each for each in (place, *place.parents) if each.is_dir()) for place in places]
    sizes = [f"{shutil.disk_usage(folder).free >> 20} MB in {folder}" for folder in folders]
    return f"there is {' and '.join(sizes)}"


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Have an OSError name `path`: a failed write does not name its file, and a temporary file has another name."""
    try:
        yield
    except OSError as error:
        name = error.filename
        if name is None or Path(name).name.startswith(f".{path.name}."):
            error.filename = os.fspath(path)
        raise

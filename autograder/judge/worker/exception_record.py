"""Turn an exception of the student's code into a plain record: kind, message, frames of their own files."""

from __future__ import annotations

import errno
import linecache
import traceback
from pathlib import Path
from typing import Any

from autograder.judge.worker.submission import LoadedSubmission, MissingError
from autograder.judge.worker.unwritten import what_is_left

LONGEST = 4000  # characters of one text
FRAMES = 12


class RankError(Exception):
    """A failure of a rank of an MPI program; `record` comes from `explain` in that rank."""

    def __init__(self, rank: int, record: dict[str, Any]) -> None:
        super().__init__(f"rank {rank}: {record['message']}")
        self.record = {**record, "rank": rank}


def explain(error: BaseException, submission: LoadedSubmission) -> dict[str, Any]:
    """The record for the judge, which does not trust it, but shows it to the student."""
    if type(error) is RankError:
        return error.record
    outer, error = error, from_parallel_loop(error)
    kind, failure, said = type(error), category(error), message(error)
    if failure == "not_implemented":
        said = what_is_left(said, Path(submission.folder), submission.files())
    return {
        "failure": failure,
        "loading": submission.loading,
        "kind": kind.__name__[:200],
        "kinds": [base.__name__ for base in kind.__mro__ if base.__module__ == "builtins"][:20],
        "message": said[:LONGEST],
        "traceback": (frames(error, submission.folder) or frames(outer, submission.folder))[:LONGEST],
    }


def from_parallel_loop(error: BaseException) -> BaseException:
    """The original exception, if numba turned it into a SystemError in a parallel loop."""
    if type(error) is SystemError and "returned a result with an exception set" in message(error):
        return error.__cause__ or error
    return error


def category(error: BaseException) -> str:
    """The status for the exception."""
    if isinstance(error, MissingError):
        return "missing"
    if isinstance(error, NotImplementedError):
        return "not_implemented"
    if isinstance(error, MemoryError):
        return "memory_limit"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return "disk_limit"
    if isinstance(error, OSError) and error.errno == errno.EMFILE:
        return "disk_limit"
    no_thread = isinstance(error, RuntimeError) and "can't start new thread" in str(error)
    if no_thread or (isinstance(error, OSError) and error.errno == errno.EAGAIN):
        return "process_limit"
    return "error"


def message(error: BaseException) -> str:
    """The exception's text; "" if its `__str__` raises."""
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
        return text.encode(errors="backslashreplace").decode()
    except BaseException:
        return "(its message cannot be shown)"


def frames(error: BaseException, folder: str) -> str:
    """The frames in the student's files, as `file.py:12 in f` with the line below."""
    lines: list[str] = []
    for frame in traceback.extract_tb(error.__traceback__):
        if inside(frame.filename, folder):
            lines += [f"{short(frame.filename, folder)}:{frame.lineno} in {frame.name}", f"    {frame.line}"]
    if len(lines) > 2 * FRAMES:  # a deep recursion: its ends tell enough
        lines = [*lines[:FRAMES], "    ...", *lines[-FRAMES:]]
    if isinstance(error, SyntaxError) and error.filename and inside(error.filename, folder):
        text = (error.text or linecache.getline(error.filename, error.lineno or 0)).rstrip("\n")
        stripped = text.lstrip()
        column = max((error.offset or 1) - 1 - (len(text) - len(stripped)), 0)
        lines += [
            f"{short(error.filename, folder)}:{error.lineno}",
            f"    {stripped}",
            f"    {' ' * column}^",
        ]
    return "\n".join(lines)


def inside(filename: str, folder: str) -> bool:
    return filename.startswith(folder.rstrip("/") + "/")


def short(filename: str, folder: str) -> str:
    return filename[len(folder.rstrip("/")) + 1 :]

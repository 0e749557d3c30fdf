"""Read a failure that the student's process reports: every field is checked, none is trusted."""

from __future__ import annotations

import os
import re
import signal
from typing import Any

from autograder.core.result import Feedback, Status
from autograder.judge.checking.failures import StudentError, StudentFailure
from autograder.judge.worker.decoding import text
from autograder.judge.worker.values import MalformedError

LONGEST = 4000
FRAMES = 12
RAISED = {
    "error": Status.ERROR,
    "missing": Status.MISSING,
    "not_implemented": Status.NOT_IMPLEMENTED,
    "memory_limit": Status.MEMORY_LIMIT,
    "disk_limit": Status.DISK_LIMIT,
    "process_limit": Status.PROCESS_LIMIT,
    "crashed": Status.CRASHED,
    "timeout": Status.TIMEOUT,
}


def failure(reply: dict[str, Any]) -> StudentFailure:
    """The failure in a reply without a value."""
    name = reply.get("failure")
    message, traceback = field(reply, "message"), field(reply, "traceback")
    if name == "unsupported":
        return unsupported(message, dtype=reply.get("dtype") is True)
    if type(name) is not str or name not in RAISED:
        return StudentFailure(
            Feedback(message="the reply is invalid: it has neither a value nor an error"),
            Status.PROTOCOL_ERROR,
        )
    status, kind = RAISED[name], field(reply, "kind")[:100]
    kinds = reply.get("kinds")
    names = tuple(k[:100] for k in kinds if type(k) is str) if type(kinds) is list else ()
    plain = status in (Status.MISSING, Status.NOT_IMPLEMENTED, Status.CRASHED) or not kind
    shown = message if plain and message else f"{kind}: {message}" if message else kind
    rank = reply.get("rank")
    if type(rank) is int and not plain:
        shown = f"rank {rank}: {shown}"
    loading = field(reply, "loading")[:200]
    if loading and status is Status.ERROR:
        shown = f"{loading} cannot be imported: {shown}"
    return StudentError(Feedback(message=shown, traceback=traceback), status, kind, names, message, loading)


def unsupported(message: str, *, dtype: bool) -> StudentFailure:
    """The failure for an unsupported value: a wrong kind of object, or an array of a wrong dtype."""
    if dtype:
        feedback = Feedback(message=f"returned a {message}", got=message, expected="an array of numbers")
        return StudentFailure(feedback, Status.FAILED)
    said = f"expected numbers, lists, tuples, dicts or numpy.ndarray, got {message}"
    return StudentFailure(Feedback(message=said, got=message), Status.TYPE_ERROR)


def rank_failure(error: StudentFailure, rank: int) -> StudentFailure:
    """The same failure, with its rank."""
    error.feedback = error.feedback.model_copy(update={"message": f"rank {rank}: {error.feedback.message}"})
    return error


def ended(exits: tuple[int | None, ...], index: int) -> tuple[Status, str]:
    """The failure for the wait status of a process."""
    status = exits[index] if index < len(exits) else None
    if type(status) is not int:
        return Status.CRASHED, "the process closed its connection to the grader, or its sandbox died"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return Status.TIMEOUT, "used more CPU seconds than allowed"
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = f"signal {number}"
        return Status.CRASHED, f"the process was killed by {name}"
    code = os.waitstatus_to_exitcode(status)
    return Status.CRASHED, f"the process ended by itself with exit code {code} (os._exit?)"


DUMP = re.compile(r"^(?:Current thread|Thread) 0x.*\n(?:  .*(?:\n|\Z))*", re.MULTILINE)
FRAME = re.compile(r'^  File "(.+)", line (\d+) in (.+)$', re.MULTILINE)


def stuck(stderr: str, folder: str) -> tuple[str, str]:
    """The place of a process when its time was over, from faulthandler's output; and its other output.

    Only the frames of the submission in `folder`, the outermost first: "loops.py:39 in _python_loops".
    """
    found = [frame for dump in DUMP.findall(stderr) for frame in FRAME.findall(dump)]
    own = [
        (file[len(folder) + 1 :], line, name) for file, line, name in found if file.startswith(f"{folder}/")
    ]
    where = "\n".join(f"{file}:{line} in {name}" for file, line, name in reversed(own[:FRAMES]))
    return where, DUMP.sub("", stderr) if where else stderr


def field(reply: dict[str, Any], name: str) -> str:
    """A text of the reply, cut, or "" for anything else."""
    value = reply.get(name)
    if type(value) is not str:
        return ""
    try:
        return text(value[:LONGEST])
    except MalformedError:
        return ""

"""Ranks of a student's function that get a Communicator of `reference.shared.comm`, with every call checked."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

from autograder.judge.worker.exception_record import RankError, explain
from autograder.judge.worker.submission import LoadedSubmission

# The sandbox shows the course's shared modules beside this folder, but the judge's layers do not import them.
COMM = "reference.shared.comm"


@dataclass
class RankProgram:
    """The function that each rank calls. source: the text of a harness that has it; "" for the student's own."""

    submission: LoadedSubmission
    name: str
    source: str
    keep: bool

    def __call__(self, communicator: Any, *args: Any) -> Any:
        value = self.function()(communicator, *args)
        return (value, list(args) if self.keep else [])

    def function(self) -> Callable[..., Any]:
        if self.source:
            return self.submission.harness(self.source, self.name)
        return self.submission.function(self.name)

    def explain(self, error: BaseException) -> dict[str, Any]:
        """The record of a failure, for the judge."""
        return explain(error, self.submission)

    def __reduce__(self) -> tuple[Any, ...]:
        rest = (self.name, self.source, self.keep)
        return load_program, (self.submission.folder, self.submission.functions, *rest)


def load_program(folder: str, functions: dict[str, str], name: str, source: str, keep: bool) -> RankProgram:
    """The same program in another process, which has not imported the submission yet."""
    return RankProgram(LoadedSubmission(folder, functions), name, source, keep)


def launched(
    submission: LoadedSubmission, request: dict[str, Any], args: list[Any], per_rank: list[list[Any]] | None
) -> tuple[Any, ...]:
    """The values of the ranks, their arguments afterwards, and the records of their messages. Raises RankError."""
    start = time.monotonic()
    comm = importlib.import_module(COMM)
    program = RankProgram(submission, request["function"], request["source"], request["keep"])
    fork = request["backend"] == "torch"
    if fork:
        importlib.import_module(f"{COMM}.distributed")  # once, not in every rank
    messages: list[Any] = []
    try:
        both = comm.launch(
            program,
            request["n"],
            *args,
            per_rank=None if per_rank is None else [tuple(each) for each in per_rank],
            backend=request["backend"],
            timeout=max(1.0, request["seconds"] - (time.monotonic() - start)),
            synchronous=True,
            check=request["check"],
            messages=messages,
            fork=fork,
        )
    except comm.LaunchError as error:
        raise RankError(error.rank, error.detail or broken("crashed", str(error))) from None
    except TimeoutError as error:
        raise RankError(0, broken("timeout", str(error))) from None
    return [value for value, _ in both], [after for _, after in both], [astuple(each) for each in messages]


def broken(failure: str, message: str) -> dict[str, Any]:
    """The record of ranks that ended without a record of their own."""
    return {"failure": failure, "kind": "", "kinds": [], "message": message, "traceback": ""}

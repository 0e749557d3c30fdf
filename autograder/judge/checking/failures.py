"""Exceptions for tests that do not pass; the plugin turns each into a status and its feedback."""

from __future__ import annotations

from typing import Any, NoReturn

from autograder.core.result import Feedback, Status


class Failure(Exception):  # noqa: N818 -- a failed test is no error of the program
    """A test that did not pass, with a status and with feedback."""

    def __init__(self, feedback: Feedback, status: Status = Status.FAILED) -> None:
        super().__init__(feedback.message)
        self.feedback = feedback
        self.status = status


class CheckFailure(Failure):
    """A value that a check found wrong."""


class StudentFailure(Failure):
    """A call without a value: the student's code raised, crashed, took too long, or sent an invalid reply."""


class StudentError(StudentFailure):
    """An exception of the student's code.

    kind: the name of its type ("ValueError"); kinds: that and the built-in types it derives from; text: its message;
    loading: the file whose import failed, or "". All of them come from the submission.
    """

    def __init__(
        self,
        feedback: Feedback,
        status: Status,
        kind: str,
        kinds: tuple[str, ...],
        text: str,
        loading: str = "",
    ) -> None:
        super().__init__(feedback, status)
        self.kind = kind
        self.kinds = kinds
        self.text = text
        self.loading = loading

    @property
    def unstarted(self) -> bool:
        """True if the system kept the file from being read: no line of the submission is in the traceback."""
        return bool(self.loading) and not self.feedback.traceback and "OSError" in self.kinds


class WorkerError(Exception):
    """A failure of the sandbox or the worker before any student code ran: an infra_error, never a zero."""


def fail(
    message: str, *, call: str = "", hint: str = "", status: Status = Status.FAILED, **more: Any
) -> NoReturn:
    """End the test with a message; `more` are other fields of Feedback (got, expected, ...)."""
    raise CheckFailure(Feedback(message=message, call=call, hint=hint, **more), status)

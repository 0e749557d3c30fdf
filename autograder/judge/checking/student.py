"""The interface through which a check calls the student's functions; `session/student.py` implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NoReturn, Protocol

from autograder.judge.checking.rank_run import RankRun
from autograder.judge.checking.timing import Timing


class Student(Protocol):
    """Runner of the submission's functions in a sandbox; each test has its own process there.

    `function` is a function of the manifest, or "file.py:name". Arguments and values are copied: None, bool, int,
    float, complex, str, bytes, lists, tuples, dicts with str or int keys, NumPy arrays and scalars, torch tensors.
    Only the time spent in these calls counts against the test's limits. Every method except `figure`, `remark`,
    `describe` and `name_call` raises StudentFailure if the submission gives no value: it raised, crashed, took too
    long, or sent an invalid reply.
    """

    def call(self, function: str, *args: Any, gives: Any = None, **kwargs: Any) -> Any:
        """The value of the student's function.

        gives: the form that the check relies on, as form.py describes it. A value of another form is the student's
        mistake: CheckFailure, and the check never sees it. State it wherever the check uses a value itself, that is
        unpacks, indexes, converts or measures it, before `expect_close` or `expect_equal`.
        """
        ...

    def call_keeping(
        self, function: str, *args: Any, gives: Any = None, **kwargs: Any
    ) -> tuple[Any, list[Any]]:
        """The value, and the positional arguments after the call, for checks of mutation."""
        ...

    def timed(self, function: str, *args: Any, gives: Any = None, **kwargs: Any) -> tuple[Any, Timing]:
        """The value and its cost: wall seconds with both transfers, and CPU seconds. See `speed_ratio`."""
        ...

    def raises(self, kind: type[Exception], function: str, *args: Any, hint: str = "", **kwargs: Any) -> str:
        """The message of the exception that the function raises. `kind` is a built-in type.

        Raises CheckFailure if it returns, or raises another type.
        """
        ...

    def probe(
        self, name: str, *args: Any, gives: Any = None, harness: str = "harness.py", **kwargs: Any
    ) -> Any:
        """The value of a function of the unit's harness, which runs beside the student's code.

        harness: the file of the harness, beside the checks. Students can read its text from there: it holds no expected
        values. gives: the form of the value, as in `call`.
        A value of another form was changed on the student's side. It is a protocol_error, not a mistake of the check.
        """
        ...

    def mpirun(
        self, n: int, function: str, *args: Any, per_rank: Sequence[tuple[Any, ...]] | None = None
    ) -> list[Any]:
        """The values of function(MPI.COMM_WORLD, *args, *per_rank[rank]) on n MPI ranks, by rank."""
        ...

    def torchrun(
        self, n: int, function: str, *args: Any, per_rank: Sequence[tuple[Any, ...]] | None = None
    ) -> list[Any]:
        """The values of function(torch.distributed, *args, *per_rank[rank]) on n ranks of a gloo group, by rank."""
        ...

    def ranks(
        self,
        n: int,
        function: str,
        *args: Any,
        per_rank: Sequence[tuple[Any, ...]] | None = None,
        gives: Any = None,
        backend: Literal["torch", "mpi"] = "torch",
        keep: bool = False,
        check: bool = True,
        harness: str = "",
    ) -> RankRun:
        """The outcome of function(communicator, *args, *per_rank[rank]) on n ranks.

        The ranks get a `RecordingCommunicator` of reference/shared/comm/. gives: the form of each rank's value, as in
        `call`. backend: "torch" forks the ranks in tenths of a second if the manifest preloads torch; "mpi" starts them
        with mpirun. Every send waits for its receive. check: compare every call, so that a mismatch or a deadlock fails
        at once with a message. keep: also return the arguments of each rank after the call. harness: the file of the
        harness that has the function, which then reaches the student's code through `student_function(name)`.
        """
        ...

    def figure(
        self, name: str, value: float, unit: str, *, better: Literal["higher", "lower"] = "higher"
    ) -> None:
        """Keep a measured figure in the test's result, for the class's leaderboard. It costs no point."""
        ...

    def remark(self, text: str) -> None:
        """Add a note to the result, once; only words of the check, none of the submission."""
        ...

    def describe(self, function: str, *args: Any, **kwargs: Any) -> str:
        """The call as text for feedback: 'numba_loops(a float32[3, 5], b float32[5, 2])'."""
        ...

    def name_call(self, text: str) -> None:
        """Show this text for the last call in the feedback."""
        ...

    def protocol_error(self, message: str) -> NoReturn:
        """End the test: the reply is one that the harness never sends."""
        ...

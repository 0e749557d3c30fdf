"""The judge's side of one test: run the student's functions in the sandbox. Checks see it as `checking.Student`.

Only the time spent in calls counts against a test's limit. The judge checks every reply.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NoReturn

from autograder.core.result import Feedback, MeasuredFigure, Status
from autograder.judge.checking import describe
from autograder.judge.checking.failures import CheckFailure, StudentError, StudentFailure, WorkerError
from autograder.judge.checking.form import expect_form, misfit
from autograder.judge.checking.rank_run import RankRun
from autograder.judge.checking.timing import Timing
from autograder.judge.session.connection import Call, Connection
from autograder.judge.session.ranks import run_ranks
from autograder.judge.session.usage import CpuReading

AWAKE = 0.005  # CPU seconds: what has stopped uses none
STOPPING = 1.0  # seconds that stopping may take on a busy machine


@dataclass(kw_only=True)
class SandboxedStudent(Connection):
    """The student's functions in one test. `rival`: another one that is stopped while this one is timed."""

    sources: Callable[[str], Path | None]  # function -> a trusted file that names its parameters
    checks: Path  # the folder of the harness
    rival: Connection | None = None
    figures: list[MeasuredFigure] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def call(self, function: str, *args: Any, gives: Any = None, **kwargs: Any) -> Any:
        """The value of the student's function. Raises StudentFailure, and CheckFailure for another form."""
        self.note(function, args, kwargs)
        return expect_form(self.ask({"op": "call", "function": function}, [list(args), kwargs]), gives)

    def call_keeping(
        self, function: str, *args: Any, gives: Any = None, **kwargs: Any
    ) -> tuple[Any, list[Any]]:
        """The value, and the positional arguments after the call, for checks of mutation."""
        self.note(function, args, kwargs)
        both = self.ask({"op": "call", "function": function, "keep": True}, [list(args), kwargs])
        if (
            type(both) is not tuple
            or len(both) != 2
            or type(both[1]) is not list
            or len(both[1]) != len(args)
        ):
            self.protocol_error("a reply without the arguments")
        return expect_form(both[0], gives), both[1]

    def timed(self, function: str, *args: Any, gives: Any = None, **kwargs: Any) -> tuple[Any, Timing]:
        """The value and its cost: wall seconds of the round trip, and CPU seconds from the kernel."""
        self.note(function, args, kwargs)
        remote = self.connect()
        scope = self.session.scope
        assert scope is not None
        asleep = self.lull()
        try:
            before = scope.cpu(remote.pid)
            start = time.perf_counter()
            value = self.ask({"op": "call", "function": function}, [list(args), kwargs])
            seconds = time.perf_counter() - start
            cpu, threads = scope.cpu(remote.pid).since(before)
        finally:
            self.wake(asleep)
        return expect_form(value, gives), Timing(seconds, cpu, threads)

    def lull(self) -> CpuReading:
        """Stop the rival's processes; returns their CPU time so far."""
        if self.rival is None:
            return CpuReading(0.0, {})
        self.rival.session.freeze(frozen=True)
        deadline = time.monotonic() + STOPPING
        while not (now := self.rival.cpu()).still and time.monotonic() < deadline:
            time.sleep(0.002)
        return now

    def wake(self, before: CpuReading) -> None:
        """Continue the rival. Raises its StudentFailure if it ran while it had to be stopped.

        A stopped process can wake itself, with a timer whose signal is SIGCONT, to slow the baseline down. The CPU
        time of a process that ended since cannot be read any more.
        """
        if self.rival is None:
            return
        now = self.rival.cpu()
        worked, _ = now.since(before)
        gone = now.gone(before)
        self.rival.session.freeze(frozen=False)
        if worked > AWAKE or gone:
            did = "ended a thread" if gone else f"used {worked:.3f} CPU seconds"
            message = f"{did} while the grader timed its own code"
            raise StudentFailure(
                Feedback(message=message, hint="End every thread and process before you return.")
            )

    def figure(
        self, name: str, value: float, unit: str, *, better: Literal["higher", "lower"] = "higher"
    ) -> None:
        """Record a measured figure in the test's result, for the class's leaderboard. It costs no point."""
        self.figures.append(MeasuredFigure(name=name, value=value, unit=unit, better=better))

    def remark(self, text: str) -> None:
        """Add a note to the result, once."""
        self.remarks.append(text)

    def raises(self, kind: type[Exception], function: str, *args: Any, hint: str = "", **kwargs: Any) -> str:
        """The message of the exception, which must be a `kind`, a built-in type. Raises CheckFailure."""
        try:
            value = self.call(function, *args, **kwargs)
        except StudentError as error:
            if error.status is not Status.ERROR or error.loading:
                raise
            if kind.__name__ in error.kinds:
                return error.text
            message = f"expected {kind.__name__}, but the code raised {error.kind}: {error.text}"
            feedback = error.feedback.model_copy(update={"message": message, "hint": hint})
            raise CheckFailure(feedback, Status.FAILED) from None
        message = f"expected {kind.__name__}, but the call returned"
        raise CheckFailure(
            Feedback(message=message, got=describe.kind(value), expected=kind.__name__, hint=hint)
        )

    def probe(
        self, name: str, *args: Any, gives: Any = None, harness: str = "harness.py", **kwargs: Any
    ) -> Any:
        """The value of a function of a harness, run on the student's side, where its code can be changed."""
        source = self.harness(harness).read_text()
        self.note(f"probe {name}", args, kwargs)
        request = {"op": "probe", "source": source, "name": name}
        value = self.ask(request, [list(args), kwargs])
        if gives is not None and (found := misfit(value, gives)):
            self.protocol_error(f"{name} of the harness: {found.message}")
        return value

    def mpirun(
        self, n: int, function: str, *args: Any, per_rank: Sequence[tuple[Any, ...]] | None = None
    ) -> list[Any]:
        """The values of n MPI ranks of fn(comm, *args, *per_rank[rank]), by rank. Raises StudentFailure."""
        self.note(function, args, {}, ranks=n)
        ranks = None if per_rank is None else [list(each) for each in per_rank]
        values = self.ask({"op": "mpirun", "function": function, "n": n}, [list(args), {"per_rank": ranks}])
        if type(values) is not list or len(values) != n:
            self.protocol_error(f"a reply that is not {n} values")
        return values

    def torchrun(
        self, n: int, function: str, *args: Any, per_rank: Sequence[tuple[Any, ...]] | None = None
    ) -> list[Any]:
        """The values of n gloo ranks of fn(torch.distributed, *args, *per_rank[rank])."""
        self.note(function, args, {}, ranks=n)
        self.connect()
        ranks = [self.fork() for _ in range(n)]
        port = free_port(isolated=self.session.plan.tier == "bubblewrap")
        for rank, remote in enumerate(ranks):
            join = {
                "op": "torch",
                "rank": rank,
                "world": n,
                "port": port,
                "seconds": self.limits.wall_seconds,
            }
            self.send(remote, join, [[], {}])
        self.gather(ranks)
        for rank, remote in enumerate(ranks):
            own = list(per_rank[rank]) if per_rank is not None else []
            self.send(remote, {"op": "call", "function": function}, [[*args, *own], {}])
        values = self.gather(ranks)
        for remote in ranks:
            remote.channel.close()
        return values

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
        """The outcome of fn(communicator, *args, *per_rank[rank]) on n ranks. Raises StudentFailure."""
        source = self.harness(harness).read_text() if harness else ""
        self.note(function, args, {}, ranks=n)
        settings = {"function": function, "source": source, "backend": backend, "keep": keep, "check": check}
        return run_ranks(self, n, args, per_rank, gives, settings)

    def harness(self, name: str) -> Path:
        """A file beside the checks."""
        file = self.checks / name
        if not file.is_file():
            raise WorkerError(f"the unit has no {name}")
        return file

    def describe(self, function: str, *args: Any, **kwargs: Any) -> str:
        """The call as text for feedback: 'numba_loops(a float32[3, 5], b float32[5, 2])'."""
        return f"{function}({', '.join(self.shapes(function, args, kwargs))})"

    def name_call(self, text: str) -> None:
        """Show this text for the last call in the feedback."""
        self.last.text = text

    def protocol_error(self, message: str) -> NoReturn:
        """End the test: neither the harness nor the worker sends such a reply."""
        self.condemn(Status.PROTOCOL_ERROR, message)

    def shapes(
        self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any], skip: int = 0
    ) -> tuple[str, ...]:
        source = self.sources(function)
        names = describe.parameters(source, function.rpartition(":")[2])[skip:] if source else ()
        return describe.arguments(names, args, kwargs)

    def note(self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any], ranks: int = 0) -> None:
        shapes = self.shapes(function, args, kwargs, skip=1 if ranks else 0)
        text = f"{function}({', '.join(shapes)})" + (f" on {ranks} ranks" if ranks else "")
        self.last = Call(function, text, shapes)


def free_port(*, isolated: bool) -> int:
    """A port for the ranks to meet at: any, in a sandbox with a network of its own."""
    if isolated:
        return 29500 + time.monotonic_ns() % 20_000
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]

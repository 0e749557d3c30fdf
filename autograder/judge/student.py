"""What a check talks to: `student.call("numba_loops", a, b)` runs the student's function in the sandbox.

    value = student.call(fn, *args)                 its value, copied and checked; or a StudentFailure
    value, timing = student.timed(fn, *args)        on the judge's clock, both transfers included
    value, after = student.call_keeping(fn, *args)  also the arguments as the function left them
    message = student.raises(ValueError, fn, *args) passes when the function raises that
    value = student.probe(name, *args)              runs a function of the checks' harness.py on the student's side
    values = student.mpirun(4, fn, *args)           fn(MPI.COMM_WORLD, *args) on each rank
    values = student.torchrun(2, fn, *args)         fn(torch.distributed, *args), a gloo group being set up

`fn` is a function of the manifest, or "file.py:name". The harness's text is readable by the student's code:
it must hold no expected values. Only the time spent in calls counts against a test's limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from autograder.course.manifest import Limits
from autograder.judge import describe
from autograder.judge.failures import CheckFailure, StudentError, StudentFailure, WorkerError
from autograder.judge.replies import ended, failure, rank_failure
from autograder.judge.result import Feedback, Status
from autograder.judge.session import Ending, Remote, Session
from autograder.judge.timing import Timing
from autograder.judge.values import MalformedError
from autograder.judge.wire import ClosedError, ProtocolError


@dataclass
class Call:
    """The last thing a check asked for, as feedback names it."""

    function: str = ""
    text: str = ""
    shapes: tuple[str, ...] = ()


@dataclass
class Student:
    """The student's side of one test.

    rival: a proxy whose processes stand still while this one is timed. trusted: the code is the course's own
    (the baseline), so its failures are the grader's.
    """

    session: Session
    limits: Limits
    sources: Callable[[str], Path | None]  # function -> a trusted file that names its parameters
    harness: Path
    rival: Student | None = None
    trusted: bool = False
    last: Call = field(default_factory=Call)
    ending: Ending | None = None

    def __post_init__(self) -> None:
        self.left = float(self.limits.wall_seconds)
        self.remote: Remote | None = None
        self.dead: StudentFailure | None = None

    def call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """The value of the student's function. Raises StudentFailure."""
        self.note(function, args, kwargs)
        return self.ask({"op": "call", "function": function}, [list(args), kwargs])

    def call_keeping(self, function: str, *args: Any, **kwargs: Any) -> tuple[Any, list[Any]]:
        """The value, and the positional arguments as they are afterwards: for checks of mutation."""
        self.note(function, args, kwargs)
        both = self.ask({"op": "call", "function": function, "keep": True}, [list(args), kwargs])
        if (
            type(both) is not tuple
            or len(both) != 2
            or type(both[1]) is not list
            or len(both[1]) != len(args)
        ):
            self.condemn(Status.PROTOCOL_ERROR, "a reply without the arguments")
        return both

    def timed(self, function: str, *args: Any, **kwargs: Any) -> tuple[Any, Timing]:
        """The value and what it cost: wall seconds of the round trip, CPU seconds as the kernel counts them."""
        self.note(function, args, kwargs)
        remote = self.connect()
        scope = self.session.scope
        assert scope is not None
        if self.rival is not None:
            self.rival.session.freeze(frozen=True)
        try:
            before = scope.cpu(remote.pid)
            start = time.perf_counter()
            value = self.ask({"op": "call", "function": function}, [list(args), kwargs])
            seconds = time.perf_counter() - start
            cpu, threads = scope.cpu(remote.pid).since(before)
        finally:
            if self.rival is not None:
                self.rival.session.freeze(frozen=False)
        return value, Timing(seconds, cpu, threads)

    def raises(self, kind: type[Exception], function: str, *args: Any, hint: str = "", **kwargs: Any) -> str:
        """The message of the exception, which must be a `kind`, a built-in type. Raises CheckFailure."""
        try:
            value = self.call(function, *args, **kwargs)
        except StudentError as error:
            if error.status is not Status.ERROR:
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

    def probe(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """The value of a function of the unit's harness, run on the student's side."""
        if not self.harness.is_file():
            raise WorkerError(f"the unit has no {self.harness.name}")
        self.note(f"probe {name}", args, kwargs)
        return self.ask(
            {"op": "probe", "source": self.harness.read_text(), "name": name}, [list(args), kwargs]
        )

    def mpirun(
        self, n: int, function: str, *args: Any, per_rank: Sequence[tuple[Any, ...]] | None = None
    ) -> list[Any]:
        """The values of n MPI ranks of fn(comm, *args, *per_rank[rank]), by rank. Raises StudentFailure."""
        self.note(function, args, {}, ranks=n)
        ranks = None if per_rank is None else [list(each) for each in per_rank]
        values = self.ask({"op": "mpirun", "function": function, "n": n}, [list(args), {"per_rank": ranks}])
        if type(values) is not list or len(values) != n:
            self.condemn(Status.PROTOCOL_ERROR, f"a reply that is not {n} values")
        return values

    def torchrun(
        self, n: int, function: str, *args: Any, per_rank: Sequence[tuple[Any, ...]] | None = None
    ) -> list[Any]:
        """The values of n gloo ranks of fn(torch.distributed, *args, *per_rank[rank]). Raises StudentFailure."""
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

    def describe(self, function: str, *args: Any, **kwargs: Any) -> str:
        """The call as feedback shows it: 'numba_loops(a float32[3, 5], b float32[5, 2])'."""
        return f"{function}({', '.join(self.shapes(function, args, kwargs))})"

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

    def connect(self) -> Remote:
        """The test's process, forked at the first use."""
        if self.dead is not None:
            self.blame(self.dead)
        if self.remote is None:
            self.session.with_limits(self.limits.disk_mb)
            self.remote = self.fork()
        return self.remote

    def fork(self) -> Remote:
        return self.session.fork(self.limits)

    def ask(self, request: dict[str, Any], value: Any) -> Any:
        """One request and its answer. Raises StudentFailure."""
        remote = self.connect()
        self.send(remote, request, value)
        return self.receive(remote)

    def send(self, remote: Remote, request: dict[str, Any], value: Any) -> None:
        start = time.monotonic()
        try:
            remote.channel.send_value(request, value, deadline=start + self.left)
        except (ClosedError, TimeoutError) as error:
            self.lose(remote, error)
        finally:
            self.left -= time.monotonic() - start

    def receive(self, remote: Remote) -> Any:
        start = time.monotonic()
        try:
            reply, value = remote.channel.receive_value(deadline=start + self.left)
        except (ClosedError, TimeoutError, ProtocolError, MalformedError) as error:
            self.lose(remote, error)
        finally:
            self.left -= time.monotonic() - start
        if reply:
            self.blame(failure(reply))
        return value

    def gather(self, ranks: list[Remote]) -> list[Any]:
        """One answer of each rank; the first failure ends it, for the others may wait for that rank forever."""
        import selectors

        values: list[Any] = [None] * len(ranks)
        with selectors.DefaultSelector() as selector:
            for rank, remote in enumerate(ranks):
                selector.register(remote.channel.sock, selectors.EVENT_READ, rank)
            while selector.get_map():
                start = time.monotonic()
                ready = selector.select(max(0.0, self.left))
                self.left -= time.monotonic() - start
                if not ready:
                    self.lose(ranks[0], TimeoutError())
                for key, _ in ready:
                    try:
                        values[key.data] = self.receive(ranks[key.data])
                    except StudentFailure as error:
                        raise rank_failure(error, key.data) from None
                    selector.unregister(key.fileobj)
        return values

    def lose(self, remote: Remote, error: Exception) -> NoReturn:
        """The process gives no answer: end the test, and say why."""
        timeout = isinstance(error, TimeoutError)
        self.ending = self.session.end(grace=0.5 if isinstance(error, ClosedError) else 0.0, dump=timeout)
        if self.ending.verdict is not None:
            status, message = self.ending.verdict
        elif timeout:
            status, message = Status.TIMEOUT, f"no answer within the limit of {self.limits.wall_seconds:g} s"
        elif isinstance(error, ClosedError):
            status, message = ended(self.ending.exits, remote.index)
        else:
            status, message = Status.PROTOCOL_ERROR, f"the reply is not one: {error}"
        self.condemn(status, message)

    def condemn(self, status: Status, message: str) -> NoReturn:
        """Nothing more comes from this process: every later call of the test says the same."""
        self.dead = StudentFailure(Feedback(message=message), status)
        self.blame(self.dead)

    def blame(self, found: StudentFailure) -> NoReturn:
        """Raise the failure; one of the course's own code is the grader's."""
        if self.trusted:
            raise WorkerError(f"{self.last.text}: {found.status}: {found.feedback.message}")
        raise found

    def finish(self) -> Ending:
        """End the test's processes; what they printed."""
        if self.ending is None:
            self.ending = self.session.end()
        return self.ending


def free_port(*, isolated: bool) -> int:
    """A port for the ranks to meet at: any, in a sandbox with a network of its own."""
    if isolated:
        return 29500 + time.monotonic_ns() % 20_000
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]

"""The connection of one test to its processes: requests, answers, deadlines, and lost processes."""

from __future__ import annotations

import secrets
import selectors
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn

from autograder.core.manifest import Limits
from autograder.core.result import Feedback, Status
from autograder.judge.checking.failures import StudentFailure, WorkerError
from autograder.judge.session.replies import ended, failure, rank_failure, stuck
from autograder.judge.session.session import Ending, Remote, Session
from autograder.judge.session.usage import CpuReading
from autograder.judge.worker.values import MalformedError
from autograder.judge.worker.wire import ClosedError, ProtocolError


@dataclass
class Call:
    """The last request of a check, as text for feedback."""

    function: str = ""
    text: str = ""
    shapes: tuple[str, ...] = ()


@dataclass
class Connection:
    """A test's process and, with ranks, its companions. Only the time spent in requests counts.

    trusted: the code is the course's own (the baseline), so its failures are the grader's.
    """

    session: Session
    limits: Limits
    trusted: bool = False
    last: Call = field(default_factory=Call)
    ending: Ending | None = None

    def __post_init__(self) -> None:
        self.left = float(self.limits.wall_seconds)
        self.remote: Remote | None = None
        self.dead: StudentFailure | None = None

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
            # An answer must name its request: nobody answers in advance, before the clock starts.
            remote.pending = secrets.token_hex(8)
            remote.channel.send_value({**request, "id": remote.pending}, value, deadline=start + self.left)
        except (ClosedError, TimeoutError) as error:
            self.lose(remote, error)
        finally:
            self.left -= time.monotonic() - start

    def receive(self, remote: Remote) -> Any:
        start = time.monotonic()
        try:
            reply, value = remote.channel.receive_value(deadline=start + self.left)
            if reply.pop("id", None) != remote.pending:
                raise ProtocolError("it answers another request")
        except (ClosedError, TimeoutError, ProtocolError, MalformedError) as error:
            self.lose(remote, error)
        finally:
            self.left -= time.monotonic() - start
        if reply:
            self.blame(failure(reply))
        return value

    def gather(self, ranks: list[Remote]) -> list[Any]:
        """One answer of each rank; the first failure ends the call: other ranks may wait for that rank forever."""
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
        """End the test of a process that gives no answer, with the reason."""
        timeout = isinstance(error, TimeoutError)
        self.ending = self.session.end(grace=0.5 if isinstance(error, ClosedError) else 0.0, dump=timeout)
        if self.ending.verdict is not None:
            status, message = self.ending.verdict
        elif timeout:
            status, message = Status.TIMEOUT, f"no answer within the limit of {self.limits.wall_seconds:g} s"
        elif isinstance(error, ClosedError):
            status, message = ended(self.ending.exits, remote.index)
        else:
            status, message = Status.PROTOCOL_ERROR, f"the reply is invalid: {error}"
        where, rest = stuck(self.ending.output.get("stderr", ""), self.session.plan.folder)
        if timeout and where:
            self.ending.output["stderr"] = rest
        self.condemn(status, message, where if timeout else "")

    def condemn(self, status: Status, message: str, where: str = "") -> NoReturn:
        """Mark the process as lost: every later call of the test raises the same failure."""
        self.dead = StudentFailure(Feedback(message=message, traceback=where), status)
        self.blame(self.dead)

    def blame(self, found: StudentFailure) -> NoReturn:
        """Raise the failure; a failure of the course's own code is a failure of the grader."""
        if self.trusted:
            raise WorkerError(f"{self.last.text}: {found.status}: {found.feedback.message}")
        raise found

    def cpu(self) -> CpuReading:
        """The CPU time of the test's processes so far."""
        if self.remote is None or self.session.scope is None:
            return CpuReading(0.0, {})
        return self.session.scope.cpu(self.remote.pid)

    def finish(self) -> Ending:
        """End the test's processes; returns their output."""
        if self.ending is None:
            self.ending = self.session.end()
        return self.ending

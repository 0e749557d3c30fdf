"""The judge's side of a sandbox: start the worker, let it fork tests, and end them.

The worker starts once for each submission. It starts again only if it died, or if the judge killed the whole sandbox
for a limit. No student code runs before a fork answers `ready`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from autograder.core.manifest import Limits
from autograder.core.result import Status
from autograder.judge.checking.failures import WorkerError
from autograder.judge.sandbox.plan import SHM_MB, SandboxPlan
from autograder.judge.session.cgroup import ControlGroup
from autograder.judge.session.monitor import Monitor
from autograder.judge.session.usage import Scope
from autograder.judge.worker.processes import signal_descendants
from autograder.judge.worker.values import MalformedError
from autograder.judge.worker.wire import Channel, ClosedError, ProtocolError, WireLimits

START_SECONDS = 120  # for the preloads of a cold machine
ANSWER_SECONDS = 20  # for the zygote's other answers
LARGEST_REPLY = 1 << 30  # bytes; a process may write no larger file either
REPLY_SHARE = 4  # and of a test's memory limit this part: the judge holds several replies at once
# Address space beyond the memory limit, which the watchdog holds: of libraries, and of a GPU's driver and its context.
SPARE, SPARE_WITH_GPU = 2 << 30, 16 << 30


@dataclass
class Remote:
    """One test process."""

    channel: Channel
    index: int  # in the order of the test's forks
    pid: int = 0  # its process number out here
    pending: str = ""  # the request that it has not answered


@dataclass(frozen=True)
class Ending:
    """The end of a test's processes."""

    exits: tuple[int | None, ...]  # the wait status of each that ended by itself
    verdict: tuple[Status, str] | None
    output: dict[str, str]


class Session:
    """A worker in its sandbox, for all the tests of a submission."""

    def __init__(self, plan: SandboxPlan, preload: tuple[str, ...], functions: dict[str, str]) -> None:
        self.plan, self.preload, self.functions = plan, preload, functions
        self.process: subprocess.Popen[bytes] | None = None
        self.control: Channel | None = None
        self.scope: Scope | None = None
        self.group: ControlGroup | None = None
        self.handle: int | None = None  # of the zygote
        self.monitor: Monitor | None = None
        self.forks: list[Remote] = []
        self.log = plan.scratch / "worker.log"

    def start(self) -> None:
        """Start the worker without waiting for it."""
        if self.process is not None:
            return
        ours, theirs = socket.socketpair()
        with ours, theirs, self.log.open("wb") as log, contextlib.ExitStack() as stack:
            pass_credentials(ours, 1)
            code = self.plan.filter()
            seccomp = stack.enter_context(code.open("rb")).fileno() if code else None
            command = self.plan.command(theirs.fileno(), seccomp)
            self.group = ControlGroup.make()
            self.process = subprocess.Popen(
                self.group.wrap(command) if self.group else command,
                env=self.plan.environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[fd for fd in (theirs.fileno(), seccomp) if fd is not None],
                start_new_session=True,
            )
            self.control = Channel(ours.dup())
        with contextlib.suppress(ClosedError):
            setup = {"op": "setup", "preload": list(self.preload), "folders": self.plan.folders}
            self.control.send(setup, deadline=time.monotonic() + 5)

    def ready(self) -> Channel:
        """Wait for the worker's preloads. Raises WorkerError if it does not start."""
        self.start()
        assert self.control is not None
        if self.scope is None:
            try:
                reply, payload = self.control.receive(deadline=time.monotonic() + START_SECONDS)
                payload.close()
            except (ClosedError, ProtocolError, TimeoutError):
                log = self.log.read_text(errors="replace").strip()[-2000:]
                self.stop()
                raise WorkerError(f"the worker did not start: {log or 'no message'}") from None
            trouble = in_the_way(reply)
            if trouble:
                self.stop()
                raise WorkerError(trouble)
            self.scope = Scope(self.control.peer, isolated=self.plan.tier == "bubblewrap")
            with contextlib.suppress(AttributeError, OSError):  # its number may one day be another process's
                self.handle = os.pidfd_open(self.scope.zygote)
        return self.control

    def warm_up(self) -> None:
        """Start, and wait for the imports; ignores errors, which appear again when a test needs the worker."""
        with contextlib.suppress(WorkerError):
            self.ready()

    def fork(self, limits: Limits, *, env: dict[str, str] | None = None) -> Remote:
        """A new process for the running test. Raises WorkerError."""
        for attempt in (1, 2):
            try:
                return self._fork(limits, env or {})
            except (ClosedError, ProtocolError, TimeoutError, BrokenPipeError) as error:
                # Between tests a submission can do nothing; within one it may have killed its sandbox.
                if self.forks or attempt == 2:
                    raise WorkerError(f"the worker cannot fork: {type(error).__name__}") from None
                self.stop()
        raise AssertionError

    def _fork(self, limits: Limits, env: dict[str, str]) -> Remote:
        control = self.ready()
        assert self.scope is not None
        pipes, ends = {}, []
        ours, theirs = socket.socketpair()
        pass_credentials(ours, 1)
        first = self.monitor is None
        for name in ("stdout", "stderr"):
            if first:
                pipes[name], end = os.pipe2(os.O_CLOEXEC)
            else:  # later processes of a test print beside the first; theirs is not kept
                end = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            ends.append(end)
        if first:
            if self.group is not None:
                writable = limits.disk_mb + max(SHM_MB, limits.disk_mb)
                self.group.limit(limits.memory_mb + writable, limits.processes + 64)
            self.monitor = Monitor(self.scope, limits, pipes, self.kill)
        try:
            deadline = time.monotonic() + ANSWER_SECONDS
            control.send({"op": "fork", "config": self.config(limits, env)}, deadline=deadline)
            socket.send_fds(control.sock, [b"f"], [theirs.fileno(), *ends])
        finally:
            theirs.close()
            for end in ends:
                os.close(end)
        remote = Remote(Channel(ours, WireLimits(payload_bytes=largest_reply(limits))), len(self.forks))
        remote.channel.receive(deadline=time.monotonic() + ANSWER_SECONDS)[1].close()
        pass_credentials(ours, 0)
        remote.pid = remote.channel.peer
        self.forks.append(remote)
        return remote

    def config(self, limits: Limits, env: dict[str, str]) -> dict[str, Any]:
        """The configuration of a test process: limits that the kernel enforces, and the files' names."""
        cores = {
            "core": 0,
            "cpu": int(limits.cpu_seconds) + 1,
            "file": LARGEST_REPLY,
            "files": 4096,
            "data": (limits.memory_mb << 20) + (SPARE if self.plan.gpu is None else SPARE_WITH_GPU),
        }
        if self.plan.tier == "bubblewrap":  # elsewhere the number would count all that the user runs
            cores["processes"] = limits.processes + 32
        return {"limits": cores, "folder": self.plan.folder, "functions": self.functions, "env": env}

    def freeze(self, *, frozen: bool) -> None:
        """Stop, or continue, every process of the running test."""
        if self.forks and self.control is not None:
            with contextlib.suppress(ClosedError, ProtocolError, TimeoutError):
                deadline = time.monotonic() + ANSWER_SECONDS
                self.control.send({"op": "stop" if frozen else "continue"}, deadline=deadline)
                self.control.receive(deadline=deadline)[1].close()

    def end(self, *, grace: float = 0.0, dump: bool = False) -> Ending:
        """Kill every process of the test. `grace`: seconds to wait for processes that are dying already."""
        exits: list[Any] = []
        if self.control is not None and self.monitor is not None:
            try:
                deadline = time.monotonic() + ANSWER_SECONDS + grace
                self.control.send({"op": "end", "grace": grace, "dump": dump}, deadline=deadline)
                reply, payload = self.control.receive(deadline=deadline)
                payload.close()
                exits = reply["exits"]
            except (ClosedError, ProtocolError, TimeoutError, MalformedError, KeyError):
                self.stop()
        for remote in self.forks:
            remote.channel.close()
        self.forks = []
        monitor, self.monitor = self.monitor, None
        if monitor is None:
            return Ending((), None, {})
        output, verdict = monitor.finish(), monitor.verdict
        if verdict is None and self.group is not None and self.group.exceeded:
            verdict = Status.MEMORY_LIMIT, "ran out of memory: the kernel ended one of its processes"
        if verdict is not None:
            self.stop()  # its files and memory go with it
        return Ending(tuple(exits), verdict, output)

    def kill(self) -> None:
        """Kill the sandbox, from any thread; waiting threads see closed sockets."""
        if self.process is None:
            return
        if self.plan.tier == "none" and self.scope is not None:
            signal_descendants(self.scope.zygote, signal.SIGKILL)
        with contextlib.suppress(
            OSError
        ):  # gone already, perhaps with its handle: this may be another thread
            if self.handle is not None:
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            elif self.scope is not None:
                os.kill(self.scope.zygote, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            self.process.kill()

    def stop(self) -> None:
        """End the sandbox and everything in it; `start` may follow."""
        self.kill()
        if self.process is not None:
            self.process.wait()
        if self.control is not None:
            self.control.close()
        if self.group is not None:
            self.group.remove()
        handle, self.handle = self.handle, None
        if handle is not None:
            os.close(handle)
        self.process = self.control = self.scope = self.group = None

    def close(self) -> None:
        """Stop, and forget a test that was running."""
        try:
            self.end()
        finally:
            self.stop()

    def with_limits(self, disk_mb: int) -> None:
        """Set the size of the temporary folder of the next sandbox (a task may need more)."""
        if disk_mb != self.plan.disk_mb:
            self.stop()
            self.plan = replace(self.plan, disk_mb=disk_mb)


def largest_reply(limits: Limits) -> int:
    """Bytes of the largest reply of a test with these limits."""
    return min(LARGEST_REPLY, (limits.memory_mb << 20) // REPLY_SHARE)


def in_the_way(reply: dict[str, Any]) -> str:
    """The files or modules that the worker needs and cannot read, in a sentence; "" if there are none.

    No student code ran before this answer, so it is to be trusted.
    """
    closed = reply.get("closed") or []
    if closed:
        return f"the worker cannot read {', '.join(closed[:3])}: check the rights of the course's files"
    lost = [name for name in reply.get("absent") or [] if find_spec(name.partition(".")[0]) is not None]
    if not lost:
        return ""
    return (
        f"the worker cannot import {', '.join(lost)}, which the grader can: "
        f"expected packages that every user can read\n  to try: chmod -R go+rX {sys.prefix}"
    )


def pass_credentials(sock: socket.socket, value: int) -> None:
    """Let the kernel add the sender's process number, in our numbering, to each message."""
    if hasattr(socket, "SO_PASSCRED"):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, value)

"""One test's process, inside the sandbox: load the submission, and answer calls over its own socket.

The student controls everything that runs here, so the judge checks every value that it sends.
Requests carry `value` = [args, kwargs]:

    {"op": "call", "function": f}             the function's value (with "keep": its arguments afterwards too)
    {"op": "probe", "source": s, "name": f}   the value of f in the harness whose text is s
    {"op": "mpirun", "function": f, "n": 4}   the values of four MPI ranks
    {"op": "ranks", "function": f, ...}       values, arguments and messages of ranks with a Communicator
    {"op": "torch", "rank": 0, ...}           joins a gloo group; later calls get it as their first argument
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from autograder.judge.worker.exception_record import explain
from autograder.judge.worker.launched import launched
from autograder.judge.worker.processes import DUMPABLE, prctl
from autograder.judge.worker.ranks import join, mpirun
from autograder.judge.worker.submission import LoadedSubmission, MissingError
from autograder.judge.worker.values import MalformedError, UnsupportedError
from autograder.judge.worker.wire import Channel, ClosedError

SOCKET = 3


def enter(fds: list[int], config: dict[str, Any]) -> None:
    """Turn a new fork of the zygote into a test process, and serve until the judge closes the connection."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    silence = os.open(os.devnull, os.O_RDONLY)
    high = [os.dup2(fd, 200 + i, inheritable=False) for i, fd in enumerate([silence, *fds[1:], fds[0]])]
    for target, fd in enumerate(high[:3]):
        os.dup2(fd, target, inheritable=True)
    os.dup2(high[3], SOCKET, inheritable=False)
    os.closerange(SOCKET + 1, 65536)
    set_limits(config["limits"])
    with contextlib.suppress(OSError):  # should the machine run out of memory, this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    prctl(DUMPABLE, 1)
    os.environ.update(config.get("env", {}))
    for fd, name in ((1, "stdout"), (2, "stderr")):  # the zygote's own streams belong to its log file
        stream = open(fd, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    faulthandler.enable(all_threads=False)
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1, all_threads=True)
    serve(Channel(socket.socket(fileno=SOCKET)), LoadedSubmission(config["folder"], config["functions"]))


def set_limits(limits: dict[str, int]) -> None:
    """Set the limits that the kernel enforces for each process; the judge's monitor watches the sums."""
    names = {
        "core": resource.RLIMIT_CORE,
        "cpu": resource.RLIMIT_CPU,
        "file": resource.RLIMIT_FSIZE,
        "files": resource.RLIMIT_NOFILE,
        "data": resource.RLIMIT_DATA,
        "processes": getattr(resource, "RLIMIT_NPROC", None),
    }
    for name, number in names.items():
        if number is not None and name in limits:
            with contextlib.suppress(ValueError, OSError):
                hard = resource.getrlimit(number)[1]
                value = limits[name] if hard == resource.RLIM_INFINITY else min(limits[name], hard)
                # The CPU limit's first signal, SIGXCPU, says what it was; the last one would be SIGKILL.
                last = value + 5 if name == "cpu" and hard == resource.RLIM_INFINITY else value
                resource.setrlimit(number, (value, last))


def serve(channel: Channel, submission: LoadedSubmission) -> None:
    """Answer one request after the other."""
    channel.send({"ready": True})
    group: list[Any] = []  # torch.distributed, once this process is one of its ranks
    while True:
        try:
            request, value = channel.receive_value()
        except (ClosedError, MalformedError):
            return
        reply: dict[str, Any] = {"id": request["id"]}
        try:
            result = perform(request, value, submission, group)
            flush()
            try:
                channel.send_value(reply, result)
                continue
            except UnsupportedError as error:
                reply |= {"failure": "unsupported", "message": str(error), "dtype": error.dtype}
            except ValueError as error:  # an int of a million digits
                text = f"a value that has no JSON form ({error})"
                reply |= {"failure": "unsupported", "message": text, "dtype": False}
        except BaseException as error:  # SystemExit, KeyboardInterrupt and pytest's own are errors here
            reply |= explain(error, submission)
        flush()
        channel.send(reply)


def perform(request: dict[str, Any], value: Any, submission: LoadedSubmission, group: list[Any]) -> Any:
    args, kwargs = value
    match request["op"]:
        case "call":
            function = submission.function(request["function"])
            result = function(*group, *args, **kwargs)
            return (result, list(args)) if request.get("keep") else result
        case "probe":
            return submission.harness(request["source"], request["name"])(*args, **kwargs)
        case "mpirun":
            return mpirun(submission, request["n"], request["function"], args, kwargs["per_rank"])
        case "ranks":
            return launched(submission, request, args, kwargs["per_rank"])
        case "torch":
            group[:] = [join(request["rank"], request["world"], request["port"], request["seconds"])]
            return None
    raise MissingError(f"unknown request {request['op']}")


def flush() -> None:
    """Flush the student's output; their code may have replaced the streams."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()

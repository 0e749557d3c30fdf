"""One rank of a launch: join the others, call the function, and leave its value or its exception in the folder.

The files of a launch's folder: `job` (a pickled RankJob), `store` (where gloo ranks meet), `board`, `lines.R` (a pipe
with the output of rank R), `process.R`, `shared.R` (its segments of /dev/shm), and in the end `value.R` or `error.R`.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import pickle
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from reference.shared.comm.communicator import Communicator
from reference.shared.comm.recording import Message, RecordingCommunicator

PDEATHSIG = 1  # PR_SET_PDEATHSIG of linux/prctl.h
LINGER = 30.0  # seconds for the other ranks to end, after this one has


@dataclass(frozen=True)
class RankJob:
    """A launch, the same for all ranks. function: cloudpickled with its arguments."""

    size: int
    backend: str
    function: bytes
    timeout: float
    synchronous: bool
    check: bool
    path: list[str]
    cwd: str
    environ: dict[str, str]


def run(folder: Path, rank: int, job: RankJob, parent: int, call: Callable[..., Any] | None = None) -> int:
    """Be a rank of the job; returns the exit code. call: the function with its arguments, if it needs no pickle."""
    prepare(folder, rank, parent)
    monitor = recorder = function = None
    try:
        sys.path[:] = job.path
        os.chdir(job.cwd)
        os.environ.update(job.environ, RANK=str(rank), WORLD_SIZE=str(job.size), LOCAL_RANK=str(rank))
        inner = join(folder, rank, job)
        if job.check:
            from reference.shared.comm.board import RankBoard
            from reference.shared.comm.checked import CheckedCommunicator
            from reference.shared.comm.monitor import CallMonitor

            monitor = CallMonitor(RankBoard(folder / "board", job.size, rank))
            inner = CheckedCommunicator(inner, monitor)
        recorder = RecordingCommunicator(inner)
        program: Callable[..., Any] = call or pickle.loads(job.function)
        function = getattr(program, "args", (None,))[0]
        value = program(recorder, rank)
        if monitor is not None:
            monitor.end(raised=False)
        keep(folder / f"value.{rank}", (value, recorder.messages))
        code = 0
    except BaseException as error:
        with contextlib.suppress(Exception):
            if monitor is not None:
                monitor.end(raised=True)
        records = recorder.messages if recorder is not None else []
        tell(folder / f"error.{rank}", error, getattr(function, "explain", None), records)
        code = 1
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    if code == 0:
        linger(folder, job.size)
    return code


def prepare(folder: Path, rank: int, parent: int) -> None:
    """Die with the parent process, write output to the rank's pipe, and let the launcher ask for the stack."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent and os.getppid() != parent:
        os._exit(1)
    (folder / f"process.{rank}").write_text(str(os.getpid()))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the launcher ends its ranks
    pipe = os.open(folder / f"lines.{rank}", os.O_RDWR)  # also without a reader
    os.dup2(pipe, 1)
    os.dup2(pipe, 2)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = open(number, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
    stack = (folder / f"stack.{rank}").open("w")
    faulthandler.register(signal.SIGUSR1, file=stack, all_threads=False)
    random.seed()


def join(folder: Path, rank: int, job: RankJob) -> Communicator:
    """The communicator of the job's backend."""
    if job.backend == "mpi":
        from mpi4py import MPI

        from reference.shared.comm.mpi import MpiCommunicator

        note_segments(folder, rank)
        return MpiCommunicator(MPI.COMM_WORLD, synchronous=job.synchronous)
    import torch
    import torch.distributed as dist

    from reference.shared.comm.distributed import TorchCommunicator

    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // job.size))
    if sys.platform == "linux":
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    store = dist.FileStore(  # pyright: ignore[reportPrivateImportUsage]
        str(folder / "store"), job.size
    )
    dist.init_process_group(
        "gloo", store=store, rank=rank, world_size=job.size, timeout=timedelta(seconds=job.timeout)
    )
    store.add("joined", 1)
    while (
        store.add("joined", 0) < job.size
    ):  # an early end of one rank would fail the others while they connect
        time.sleep(0.002)
    return TorchCommunicator()


def note_segments(folder: Path, rank: int) -> None:
    """Write down the files of /dev/shm that this process has open, because an aborted MPI job leaves them there."""
    with contextlib.suppress(OSError):
        found = segments(os.getpid())
        (folder / f"shared.{rank}").write_text("\n".join(found))


def segments(process: int) -> list[str]:
    """The files of /dev/shm that a process has mapped."""
    lines = Path(f"/proc/{process}/maps").read_text().splitlines()
    return sorted({line.split()[-1] for line in lines if line.split()[-1].startswith("/dev/shm/")})


def keep(path: Path, value: Any) -> None:
    """Pickle a value to a file that appears whole."""
    import cloudpickle

    partial = path.with_name(f"{path.name}.part")
    partial.write_bytes(cloudpickle.dumps(value))
    partial.rename(path)


def tell(
    path: Path, error: BaseException, explain: Callable[[BaseException], Any] | None, messages: list[Message]
) -> None:
    """Write down an exception, with its traceback in the caller's code, and the messages before it."""
    own = str(Path(__file__).parent) + os.sep
    frames = [
        each
        for each in traceback.extract_tb(error.__traceback__)
        if not each.filename.startswith((own, "<frozen"))
    ]
    text = "".join(traceback.format_list(frames))
    record = {
        "when": time.monotonic(),
        "kind": type(error).__name__,
        "message": str(error),
        "traceback": text,
        "messages": messages,
        "detail": explain(error) if explain is not None else None,
    }
    try:
        keep(path, {**record, "error": error.with_traceback(None)})
        pickle.loads(path.read_bytes())
    except Exception:
        keep(path, {**record, "error": None})


def linger(folder: Path, size: int) -> None:
    """Wait until every rank has ended its work: a closed connection would be an error on a rank that still reads."""
    deadline = time.monotonic() + LINGER
    while time.monotonic() < deadline:
        if all(
            (folder / f"value.{each}").exists() or (folder / f"error.{each}").exists() for each in range(size)
        ):
            return
        time.sleep(0.003)


def main() -> None:
    """Be one rank of mpirun, in the folder that the first argument names."""
    folder = Path(sys.argv[1])
    rank = int(
        os.environ.get("PMI_RANK") or os.environ.get("PMIX_RANK") or os.environ["OMPI_COMM_WORLD_RANK"]
    )
    code = run(folder, rank, pickle.loads((folder / "job").read_bytes()), 0)
    if code:
        note_segments(folder, rank)
        os._exit(code)

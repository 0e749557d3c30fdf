"""Start several ranks of a function on this machine, and return their values."""

from __future__ import annotations

import contextlib
import os
import pickle
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from reference.shared.comm.communicator import Communicator
from reference.shared.comm.processes import ForkedRanks, MpiRanks, Ranks, ServedRanks, vanished
from reference.shared.comm.rank import RankJob
from reference.shared.comm.recording import Message

STACK = 1.2  # seconds for the ranks to write where they are
GRACE = 1.0  # seconds for the other ranks to tell what they know, after the first one failed
CONSEQUENCES = ("PeerError", "TimeoutError", "ConnectionError", "DistNetworkError")
CLOSED = re.compile(r"closed by peer|reset by peer|broken pipe|application timeout", re.IGNORECASE)

Show = Callable[[int, str], None]


class LaunchError(RuntimeError):
    """A rank failed.

    rank: its number. kind: the name of its exception, or "" if it died. error: the exception, if it can be pickled.
    detail: the value of function.explain(exception) on the rank, if the function has this method.
    """

    def __init__(
        self, message: str, rank: int, kind: str = "", error: BaseException | None = None, detail: Any = None
    ) -> None:
        super().__init__(message)
        self.rank, self.kind, self.error, self.detail = rank, kind, error, detail


def launch(
    function: Callable[..., Any],
    n: int,
    *args: Any,
    per_rank: Sequence[tuple[Any, ...]] | None = None,
    backend: Literal["torch", "mpi"] = "torch",
    timeout: float = 60.0,
    synchronous: bool = False,
    check: bool | None = None,
    messages: list[Message] | None = None,
    show: Show | None = None,
    fork: bool = False,
    progress: Callable[[Path], None] | None = None,
) -> list[Any]:
    """The values of function(communicator, *args, *per_rank[rank]) on n ranks, by rank.

    backend: "torch" forks the ranks from a server that has imported torch (gloo; the first launch of a process takes
    seconds, later ones tenths of a second); "mpi" starts them with mpirun. timeout: seconds for the whole launch.
    synchronous: an MPI send returns only when its receive has started, as on gloo. check: compare all calls, and report
    deadlocks (CheckedCommunicator); None takes it from the environment variable MLSYS_CHECK. messages: a list that gets
    the records of all ranks, also if one fails. show: gets each line of output with its rank; else it is printed with a
    prefix. fork: fork from this process, which must not have computed with torch; function and args then need no
    pickle. progress: called often, with the folder of the launch.

    Raises LaunchError for the first rank that failed, with its traceback; TimeoutError; ValueError. No rank, file or
    shared memory of the launch is left afterwards, also if this process is killed.
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= 64:
        raise ValueError(f"expected 1 to 64 ranks, got {n!r}")
    if backend not in ("torch", "mpi"):
        raise ValueError(f"expected the backend torch or mpi, got {backend!r}")
    if per_rank is not None and len(per_rank) != n:
        raise ValueError(f"expected {n} tuples in per_rank, one a rank, got {len(per_rank)}")
    if check is None:
        check = os.environ.get("MLSYS_CHECK", "") not in ("", "0")
    call = partial(apply, function, args, per_rank)
    folder = Path(tempfile.mkdtemp(prefix="mlsys-ranks-"))
    ranks: Ranks | None = None
    try:
        job = make_job(call, n, backend, timeout, synchronous, check, pickled=not fork or backend == "mpi")
        fill(folder, job)
        if backend == "mpi":
            ranks = MpiRanks(folder, job)
        elif fork:
            ranks = ForkedRanks(folder, job, call)
        else:
            ranks = ServedRanks(folder)
        return collect(folder, job, ranks, messages, show or print_line, progress)
    finally:
        try:
            if ranks is not None and ranks.exits() is None:
                ranks.kill()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def apply(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    per_rank: Sequence[tuple[Any, ...]] | None,
    communicator: Communicator,
    rank: int,
) -> Any:
    """Call the function on one rank."""
    return function(communicator, *args, *(per_rank[rank] if per_rank is not None else ()))


def make_job(
    call: Callable[..., Any],
    n: int,
    backend: str,
    timeout: float,
    synchronous: bool,
    check: bool,
    *,
    pickled: bool,
) -> RankJob:
    data = b""
    if pickled:
        import cloudpickle

        data = cloudpickle.dumps(call)
    path = [each or str(Path.cwd()) for each in sys.path]
    environ = {
        key: value for key, value in os.environ.items() if key not in ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    }
    return RankJob(n, backend, data, timeout, synchronous, check, path, str(Path.cwd()), environ)


def fill(folder: Path, job: RankJob) -> None:
    """Write what the ranks need."""
    from reference.shared.comm.board import RankBoard

    (folder / "job").write_bytes(pickle.dumps(job))
    if job.check:
        RankBoard.create(folder / "board", job.size)
    for rank in range(job.size):
        os.mkfifo(folder / f"lines.{rank}")


def collect(
    folder: Path,
    job: RankJob,
    ranks: Ranks,
    messages: list[Message] | None,
    show: Show,
    progress: Callable[[Path], None] | None,
) -> list[Any]:
    """Wait for the ranks, show their output, and read their values."""
    deadline = time.monotonic() + job.timeout
    failed = ended = float("inf")
    gone: list[int] = []  # the first that ended without a word; killing the others would hide which
    with contextlib.ExitStack() as stack:
        pipes = [stack.enter_context(Lines(folder / f"lines.{rank}", rank, show)) for rank in range(job.size)]
        while (exits := ranks.exits()) is None:
            for pipe in pipes:
                pipe.read()
            if progress is not None:
                progress(folder)
            now = time.monotonic()
            gone = gone or vanished(folder, job.size)
            if gone or any(folder.glob("error.*[0-9]")):
                failed = min(failed, now)
            if all((folder / f"value.{rank}").exists() for rank in range(job.size)):
                ended = min(ended, now)
            if now - min(failed, ended) > GRACE:
                ranks.kill()
                exits = ranks.exits() if gone else None
                break
            if now > deadline:
                where = stacks(folder, job.size)
                ranks.kill()
                for pipe in pipes:
                    pipe.finish()
                raise TimeoutError(f"the ranks did not end within {job.timeout:g} s\n{where}")
            time.sleep(0.003)
        for pipe in pipes:
            pipe.finish()
    if messages is not None:
        for path in sorted(folder.glob("error.*[0-9]")):
            messages += pickle.loads(path.read_bytes())["messages"]
    if error := first_failure(folder, job.size, exits, gone):
        raise error
    values = []
    for rank in range(job.size):
        value, records = pickle.loads((folder / f"value.{rank}").read_bytes())
        values.append(value)
        if messages is not None:
            messages += records
    return values


class Lines:
    """The output of a rank, line by line."""

    def __init__(self, path: Path, rank: int, show: Show) -> None:
        self.pipe, self.rank, self.show, self.rest = os.open(path, os.O_RDWR | os.O_NONBLOCK), rank, show, b""

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.pipe)

    def read(self) -> None:
        """Show the complete lines that have arrived."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.pipe, 1 << 16):
                *lines, self.rest = (self.rest + data).split(b"\n")
                for line in lines:
                    self.show(self.rank, line.decode(errors="replace"))

    def finish(self) -> None:
        """Show everything that is left."""
        self.read()
        if self.rest:
            self.show(self.rank, self.rest.decode(errors="replace"))
            self.rest = b""


def print_line(rank: int, line: str) -> None:
    """Print a line of a rank."""
    print(f"[{rank}] {line}", flush=True)


def first_failure(folder: Path, size: int, exits: list[int] | None, gone: list[int]) -> LaunchError | None:
    """The failure that caused the others: the earliest exception that is not the answer to another rank's end.

    gone: the ranks that were seen to end first without a word.
    """
    found: list[tuple[bool, float, LaunchError]] = []
    for rank in range(size):
        path = folder / f"error.{rank}"
        if not path.exists():
            continue
        record = pickle.loads(path.read_bytes())
        detail = record["detail"]
        consequence = record["kind"] in CONSEQUENCES or bool(CLOSED.search(record["message"]))
        text = f"rank {rank} raised {record['kind']}: {record['message']}\n\n{record['traceback'].rstrip()}"
        found.append(
            (consequence, record["when"], LaunchError(text, rank, record["kind"], record["error"], detail))
        )
    found.sort(key=lambda each: each[:2])
    silent = gone or [
        rank
        for rank in range(size)
        if not any((folder / f"{kind}.{rank}").exists() for kind in ("value", "error"))
    ]
    if silent and (not found or found[0][0]) and exits is not None:
        codes = [exits[rank] for rank in silent]
        rank, code = next(
            ((r, c) for r, c in zip(silent, codes, strict=True) if c != 0), (silent[0], codes[0])
        )
        log = folder / "mpirun.log"
        said = f"\n{log.read_text(errors='replace').strip()}" if log.exists() else ""
        return LaunchError(f"rank {rank} ended without a value ({ending(code)}){said}", rank)
    return found[0][2] if found else None


def ending(code: int) -> str:
    """An exit code in words."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def stacks(folder: Path, size: int) -> str:
    """The line at which each rank is, from faulthandler."""
    for rank in range(size):
        with contextlib.suppress(OSError, ValueError):
            if not (folder / f"value.{rank}").exists():
                os.kill(int((folder / f"process.{rank}").read_text()), signal.SIGUSR1)
    deadline = time.monotonic() + STACK
    asked = [folder / f"stack.{rank}" for rank in range(size) if not (folder / f"value.{rank}").exists()]
    while time.monotonic() < deadline and not all(each.exists() and each.stat().st_size for each in asked):
        time.sleep(0.02)
    time.sleep(0.05)  # the rest of the last one
    lines = []
    here = str(Path(__file__).parent)
    for rank in range(size):
        if (folder / f"value.{rank}").exists():
            lines.append(f"  rank {rank} has ended")
            continue
        path = folder / f"stack.{rank}"
        text = path.read_text() if path.exists() else ""
        frames = re.findall(r'File "(.*)", line (\d+) in (\S+)', text)
        outside = [each for each in frames if not each[0].startswith(here) and "/torch/" not in each[0]]
        file, line, name = (outside or frames or [("an unknown place", "0", "?")])[0]
        lines.append(f"  rank {rank} is at {Path(file).name}:{line} in {name}")
    lines.append("  try: launch(..., check=True), or MLSYS_CHECK=1, reports who waits for whom")
    return "\n".join(lines)

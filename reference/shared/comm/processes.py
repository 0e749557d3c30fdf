"""The processes of a launch: forked by the fork server, forked here, or started by mpirun."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from reference.shared.comm.rank import RankJob, run, segments
from reference.shared.comm.server import END, READY, end, reap

START = 300.0  # seconds for the import of torch, on a busy machine

# Waits for the end of the launcher, then ends mpirun and its ranks and removes what they left. A line means: all done.
JANITOR = """
read -r word && exit 0
for file in "$1"/process.*; do
  grep -o '/dev/shm/[^ ]*' "/proc/$(cat "$file")/maps" 2>/dev/null
done > "$1/left"
kill -9 "$2"
sleep 0.3
for file in "$1"/process.*; do kill -9 "$(cat "$file")"; done 2>/dev/null
cat "$1/left" "$1"/shared.* 2>/dev/null | xargs -r rm -f
rm -rf "$1"
"""


class Ranks(Protocol):
    """Running ranks."""

    def exits(self) -> list[int] | None:
        """The exit code of each rank once all have ended; a signal is negative."""
        ...

    def kill(self) -> None:
        """End all of them, and return when they are gone."""
        ...


def over(process: int) -> bool:
    """True if the process has ended. Without /proc nobody can say, and it is False."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except (OSError, IndexError):
        return Path("/proc/self").exists()


def vanished(folder: Path, size: int) -> list[int]:
    """The ranks whose process has ended and left neither a value nor an error: killed, or out of memory."""
    found = []
    for rank in range(size):
        with contextlib.suppress(OSError, ValueError):
            ended = over(
                int((folder / f"process.{rank}").read_text())
            )  # before the files: it writes, then ends
            if ended and not any((folder / f"{kind}.{rank}").exists() for kind in ("value", "error")):
                found.append(rank)
    return found


class ServedRanks:
    """Ranks that the fork server forked. One server serves all launches of a process."""

    server: tuple[int, subprocess.Popen[bytes], socket.socket] | None = None

    def __init__(self, folder: Path) -> None:
        self.sock = self.connect()
        self.done: list[int] | None = None
        self.sock.sendall(f"{folder}\n".encode())

    @classmethod
    def connect(cls) -> socket.socket:
        """The socket of the server, which starts at the first use: the import of torch takes seconds."""
        if cls.server is None or cls.server[0] != os.getpid() or cls.server[1].poll() is not None:
            ours, theirs = socket.socketpair()
            path = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-c",
                    f"from {__package__}.server import main; main()",
                    str(theirs.fileno()),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,
            )
            theirs.close()
            # The import of torch is no part of the launch's time.
            if not select.select([ours], [], [], START)[0] or ours.recv(1) != READY:
                process.kill()
                raise RuntimeError(
                    "the fork server of the ranks did not start\n  try: .venv/bin/python -c 'import torch'"
                )
            cls.server = (os.getpid(), process, ours)
        return cls.server[2]

    @classmethod
    def forget(cls) -> None:
        """End the server."""
        if cls.server is not None and cls.server[0] == os.getpid():
            cls.server[2].close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                cls.server[1].wait(5)
        cls.server = None

    def exits(self) -> list[int] | None:
        """See Ranks."""
        if self.done is None and select.select([self.sock], [], [], 0)[0]:
            self.done = self.answer()
        return self.done

    def answer(self) -> list[int]:
        text = b""
        while not text.endswith(b"\n"):
            more = self.sock.recv(4096)
            if not more:
                type(self).server = None
                raise RuntimeError("the fork server of the ranks ended\n  try: launch again")
            text += more
        return json.loads(text)

    def kill(self) -> None:
        """See Ranks."""
        if self.done is None:
            with contextlib.suppress(OSError):
                self.sock.sendall(END.encode())
            self.done = self.answer()


class ForkedRanks:
    """Ranks that this process forks itself. It must not have computed with torch before."""

    def __init__(self, folder: Path, job: RankJob, call: Callable[..., Any]) -> None:
        self.codes: dict[int, int] = {}
        self.processes: list[int] = []
        parent = os.getpid()
        for rank in range(job.size):
            process = os.fork()
            if process == 0:
                code = 70
                try:
                    code = run(folder, rank, job, parent, call)
                finally:
                    os._exit(code)
            self.processes.append(process)

    def exits(self) -> list[int] | None:
        """See Ranks."""
        reap(self.processes, self.codes)
        return (
            [self.codes[each] for each in self.processes] if len(self.codes) == len(self.processes) else None
        )

    def kill(self) -> None:
        """See Ranks."""
        end(self.processes, self.codes)


class MpiRanks:
    """Ranks that mpirun starts."""

    def __init__(self, folder: Path, job: RankJob) -> None:
        self.folder, self.size = folder, job.size
        beside = Path(sys.executable).with_name("mpirun")
        launcher = str(beside) if beside.exists() else shutil.which("mpirun")
        if launcher is None:
            raise FileNotFoundError(
                "there is no mpirun\n  expected: the package mpich, beside this Python\n  try: ./mlsys doctor"
            )
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(each or job.cwd for each in job.path)}
        start = [sys.executable, "-P", "-c", f"from {__package__}.rank import main; main()"]
        with (folder / "mpirun.log").open("wb") as log:
            self.process = subprocess.Popen(
                [launcher, "-n", str(job.size), *start, str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environ,
                start_new_session=True,
            )
        self.janitor = subprocess.Popen(
            ["/bin/sh", "-c", JANITOR, "janitor", str(folder), str(self.process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def exits(self) -> list[int] | None:
        """See Ranks. mpirun tells one code for all."""
        code = self.process.poll()
        if code is None:
            return None
        self.clean()
        return [code] * self.size

    def kill(self) -> None:
        """See Ranks."""
        left = []
        for file in self.folder.glob("process.*"):
            with contextlib.suppress(OSError, ValueError):
                left += segments(int(file.read_text()))
        self.process.kill()  # its proxy notices, and kills the ranks
        self.process.wait()
        deadline = time.monotonic() + 2
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        for process in self.alive():
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        self.clean(left)

    def alive(self) -> list[int]:
        """The ranks that run."""
        found = []
        for file in self.folder.glob("process.*"):
            with contextlib.suppress(OSError, ValueError):
                process = int(file.read_text())
                if not over(process):
                    found.append(process)
        return found

    def clean(self, left: list[str] | None = None) -> None:
        """Remove the segments of shared memory that an aborted job left, and send the janitor home."""
        names = list(left or [])
        for file in self.folder.glob("shared.*"):
            names += file.read_text().split()
        for name in names:
            Path(name).unlink(missing_ok=True)
        if self.janitor.poll() is None:
            with contextlib.suppress(OSError):
                self.janitor.communicate(b"done\n", timeout=5)

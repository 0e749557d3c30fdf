"""The fork server: imports torch once, then forks the ranks of each launch in some hundredths of a second.

It reads one line for each request from its socket: the folder of a launch, which holds the job. The launcher closes the
socket, or sends END, to end the ranks. It answers with their exit codes. It never calls torch itself, so its
forks start without threads.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import select
import shutil
import signal
import socket
import sys
from pathlib import Path

from reference.shared.comm.rank import RankJob, run

END = "end\n"
READY = b"!"  # torch is imported


def fork_ranks(folder: Path, job: RankJob) -> list[int]:
    """Fork the ranks of a job; returns their process ids."""
    processes, parent = [], os.getpid()
    for rank in range(job.size):
        process = os.fork()
        if process == 0:
            code = 70
            try:
                code = run(folder, rank, job, parent)
            finally:
                os._exit(code)
        processes.append(process)
    return processes


def reap(processes: list[int], exits: dict[int, int]) -> None:
    """Collect the exit codes of those that ended; a signal is negative."""
    for process in processes:
        if process not in exits:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(process, os.WNOHANG)
                if pid:
                    exits[process] = os.waitstatus_to_exitcode(status)


def end(processes: list[int], exits: dict[int, int]) -> None:
    """Kill the rest."""
    for process in processes:
        if process not in exits:
            os.kill(process, signal.SIGKILL)
            exits[process] = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def serve(sock: socket.socket) -> None:
    """Answer requests until the launcher is gone."""
    sock.sendall(READY)
    stream = sock.makefile("r")
    while line := stream.readline():
        if line == END:  # of ranks that had just ended by themselves
            continue
        folder = Path(line.rstrip("\n"))
        processes = fork_ranks(folder, pickle.loads((folder / "job").read_bytes()))
        exits: dict[int, int] = {}
        while len(exits) < len(processes):
            if select.select([sock], [], [], 0.005)[0]:
                gone = not sock.recv(64)
                end(processes, exits)
                if gone:
                    shutil.rmtree(folder, ignore_errors=True)
                    return
            reap(processes, exits)
        sock.sendall(json.dumps([exits[process] for process in processes]).encode() + b"\n")


def main() -> None:
    """Import what ranks need, and serve."""
    import torch  # noqa: F401

    import reference.shared.comm.checked
    import reference.shared.comm.distributed  # noqa: F401

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the launcher gets it, and closes the socket
    serve(socket.socket(fileno=int(sys.argv[1])))

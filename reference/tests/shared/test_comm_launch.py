"""Launches end: with values, with the first rank's traceback, or in time; and nothing of them is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reference.shared.comm import Communicator, LaunchError, launch

ROOT = Path(__file__).parents[3]
BOTH = pytest.mark.parametrize("backend", ["torch", "mpi"])


def left_over() -> set[str]:
    """The folders, segments and processes of launches that exist now."""
    folders = {str(each) for each in Path(tempfile.gettempdir()).glob("mlsys-ranks-*")}
    segments = {str(each) for each in Path("/dev/shm").glob("mpich*")}
    processes = set()
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"reference.shared.comm.rank" in (text := each.read_bytes()) or b"mlsys-ranks" in text:
                processes.add(f"{each.parent.name} {text!r}")
        except OSError:
            continue
    return folders | segments | processes


def gone(before: set[str], seconds: float) -> set[str]:
    """What is still there of a launch after so many seconds; launches of other tests may come and go."""
    deadline = time.monotonic() + seconds
    while (new := left_over() - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    return new


def total(comm: Communicator, *numbers: int) -> tuple[int, int]:
    x = np.array([sum(numbers)], np.int64)
    comm.all_reduce(x)
    return comm.rank, int(x[0])


@BOTH
def test_arguments_and_values(backend: Any):
    assert launch(total, 3, 10, per_rank=[(1,), (2,), (3,)], backend=backend) == [(0, 36), (1, 36), (2, 36)]


def test_a_function_without_a_module():
    factor = 3
    assert launch(lambda comm: comm.rank * factor, 2) == [0, 3]


@pytest.mark.parametrize(
    ("change", "said"),
    [({"n": 0}, "1 to 64 ranks"), ({"backend": "tcp"}, "torch or mpi"), ({"per_rank": [()]}, "2 tuples")],
)
def test_bad_arguments(change: dict[str, Any], said: str):
    settings: dict[str, Any] = {"n": 2, **change}
    with pytest.raises(ValueError, match=said):
        launch(total, settings.pop("n"), **settings)


def talk(comm: Communicator) -> None:
    print("first\nsecond", comm.rank)
    os.write(2, b"no newline")


@BOTH
def test_output_has_its_rank(backend: Any):
    lines: list[tuple[int, str]] = []
    launch(talk, 2, backend=backend, show=lambda rank, line: lines.append((rank, line)))
    for rank in range(2):
        assert [line for each, line in lines if each == rank] == ["first", f"second {rank}", "no newline"]


def raise_on_one(comm: Communicator) -> None:
    comm.barrier()
    if comm.rank == 1:
        raise KeyError("the real one")
    comm.all_reduce(np.zeros(3))


@BOTH
@pytest.mark.parametrize("check", [False, True])
def test_the_real_traceback_comes_first(backend: Any, check: bool):
    before, start = left_over(), time.monotonic()
    with pytest.raises(LaunchError) as caught:
        launch(raise_on_one, 3, backend=backend, check=check)
    assert time.monotonic() - start < 5
    assert str(caught.value).startswith("rank 1 raised KeyError: 'the real one'")
    assert 'raise KeyError("the real one")' in str(caught.value)
    assert caught.value.rank == 1
    assert isinstance(caught.value.error, KeyError)
    assert gone(before, 2) == set()


def die(comm: Communicator, how: str) -> None:
    comm.barrier()
    if comm.rank == 1:
        if how == "exit":
            os._exit(3)
        os.kill(os.getpid(), signal.SIGKILL)
    comm.barrier()


@BOTH
@pytest.mark.parametrize("how", ["exit", "kill"])
def test_a_rank_that_dies(backend: Any, how: str):
    before = left_over()
    with pytest.raises(LaunchError, match="ended without a value") as caught:
        launch(die, 2, how, backend=backend)
    if backend == "torch":
        assert (
            str(caught.value)
            == f"rank 1 ended without a value ({'exit code 3' if how == 'exit' else 'killed by SIGKILL'})"
        )
    assert gone(before, 2) == set()


def both_send(comm: Communicator) -> None:
    x = np.zeros(10)
    comm.send(x, 1 - comm.rank)
    comm.recv(x, 1 - comm.rank)


@BOTH
def test_sends_wait_for_their_receive(backend: Any):
    """Also small ones, which MPI otherwise keeps in its own buffers; the message says where the ranks are."""
    before = left_over()
    with pytest.raises(TimeoutError, match=r"rank 1 is at test_comm_launch.py:[0-9]+ in both_send"):
        launch(both_send, 2, backend=backend, synchronous=True, timeout=2)
    assert gone(before, 2) == set()


def test_eager_sends_pass_without_synchronous():
    launch(both_send, 2, backend="mpi")


LAUNCHER = """
import sys, time
from reference.shared.comm import launch
def sleep(comm):
    comm.barrier()
    print("running", comm.rank)
    time.sleep(60)
launch(sleep, 2, backend=sys.argv[1])
"""


@BOTH
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_survives_the_launcher(backend: str, number: signal.Signals):
    before = left_over()
    command = [sys.executable, "-c", LAUNCHER, backend]
    # A new session: the signal reaches the launcher only.
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert {process.stdout.readline(), process.stdout.readline()} == {
            b"[0] running 0\n",
            b"[1] running 1\n",
        }
        ranks = ranks_below(process.pid)
        assert len(ranks) >= 2
        process.send_signal(number)
        process.wait(10)
    assert gone(before, 5) == set()
    deadline = time.monotonic() + 5
    while (alive := [each for each in ranks if running(each)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive == []


def ranks_below(root: int) -> list[int]:
    """The processes below a process."""
    below: dict[int, list[int]] = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = each.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        below.setdefault(int(fields[1]), []).append(int(each.parent.name))
    found, queue = [], [root]
    while queue:
        children = below.get(queue.pop(), [])
        found += children
        queue += children
    return found


def running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False

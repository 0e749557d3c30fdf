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
from reference.shared.comm.rank import segments

ROOT = Path(__file__).parents[3]
BOTH = pytest.mark.parametrize("backend", ["torch", "mpi"])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for the files of launches; other tests may launch ranks at the same time."""
    folder = tmp_path / "launches"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def note(folder: str) -> None:
    """Write down this process, and its segments of shared memory."""
    Path(folder, f"rank-{os.getpid()}").write_text("\n".join(segments(os.getpid())))


def expect_nothing_left(place: Path, notes: Path, ranks: int, seconds: float = 5) -> None:
    """No folder of a launch, no process and no segment that the ranks wrote down exists."""
    found = list(notes.glob("rank-*"))
    assert len(found) == ranks
    processes = [int(each.name.removeprefix("rank-")) for each in found]
    files = [Path(line) for each in found for line in each.read_text().splitlines()]
    deadline = time.monotonic() + seconds
    while True:
        left = [*place.iterdir(), *(each for each in files if each.exists()), *filter(running, processes)]
        if not left or time.monotonic() > deadline:
            assert left == []
            return
        time.sleep(0.05)


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


def raise_on_one(comm: Communicator, notes: str) -> None:
    note(notes)
    comm.barrier()
    if comm.rank == 1:
        raise KeyError("the real one")
    comm.all_reduce(np.zeros(3))


@BOTH
@pytest.mark.parametrize("check", [False, True])
def test_the_real_traceback_comes_first(backend: Any, check: bool, place: Path, tmp_path: Path):
    start = time.monotonic()
    with pytest.raises(LaunchError) as caught:
        launch(raise_on_one, 3, str(tmp_path), backend=backend, check=check)
    assert time.monotonic() - start < 30  # on a busy machine; the ranks themselves end within a second
    assert str(caught.value).startswith("rank 1 raised KeyError: 'the real one'")
    assert 'raise KeyError("the real one")' in str(caught.value)
    assert caught.value.rank == 1
    assert isinstance(caught.value.error, KeyError)
    expect_nothing_left(place, tmp_path, 3)


def die(comm: Communicator, how: str, notes: str) -> None:
    note(notes)
    comm.barrier()
    if comm.rank == 1:
        if how == "exit":
            os._exit(3)
        os.kill(os.getpid(), signal.SIGKILL)
    comm.barrier()


@BOTH
@pytest.mark.parametrize("how", ["exit", "kill"])
def test_a_rank_that_dies(backend: Any, how: str, place: Path, tmp_path: Path):
    with pytest.raises(LaunchError, match="ended without a value") as caught:
        launch(die, 2, how, str(tmp_path), backend=backend)
    if backend == "torch":
        assert (
            str(caught.value)
            == f"rank 1 ended without a value ({'exit code 3' if how == 'exit' else 'killed by SIGKILL'})"
        )
    expect_nothing_left(place, tmp_path, 2)


def test_a_rank_that_is_killed_ends_the_others_also_while_calls_are_compared(place: Path, tmp_path: Path):
    start = time.monotonic()
    with pytest.raises(LaunchError, match=r"^rank 1 ended without a value \(killed by SIGKILL\)$"):
        launch(die, 2, "kill", str(tmp_path), check=True, timeout=60)
    assert time.monotonic() - start < 15, "it must not take the time limit"
    expect_nothing_left(place, tmp_path, 2)


def both_send(comm: Communicator, notes: str) -> None:
    note(notes)
    x = np.zeros(10)
    comm.send(x, 1 - comm.rank)
    comm.recv(x, 1 - comm.rank)


@BOTH
def test_sends_wait_for_their_receive(backend: Any, place: Path, tmp_path: Path):
    """Also small ones, which MPI otherwise keeps in its own buffers; the message says where the ranks are."""
    with pytest.raises(TimeoutError, match=r"rank 1 is at test_comm_launch.py:[0-9]+ in both_send"):
        launch(both_send, 2, str(tmp_path), backend=backend, synchronous=True, timeout=4)
    expect_nothing_left(place, tmp_path, 2)


def test_eager_sends_pass_without_synchronous(tmp_path: Path):
    launch(both_send, 2, str(tmp_path), backend="mpi")


LAUNCHER = """
import sys, time
from reference.shared.comm import launch
from reference.tests.shared.test_comm_launch import note
def sleep(comm, notes):
    note(notes)
    comm.barrier()
    print("running", comm.rank)
    time.sleep(60)
launch(sleep, 2, sys.argv[2], backend=sys.argv[1])
"""


@BOTH
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_survives_the_launcher(backend: str, number: signal.Signals, place: Path, tmp_path: Path):
    command = [sys.executable, "-c", LAUNCHER, backend, str(tmp_path)]
    # A new session: the signal reaches the launcher only.
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert {process.stdout.readline(), process.stdout.readline()} == {
            b"[0] running 0\n",
            b"[1] running 1\n",
        }
        process.send_signal(number)
        process.wait(20)
    expect_nothing_left(place, tmp_path, 2)


def running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False

"""With `check`, a mismatch is a message on every rank, and a deadlock names the cycle."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.shared.comm import Communicator, DeadlockError, LaunchError, MismatchError, launch
from reference.shared.comm.waiting import cycle, stuck
from reference.tests.effort import tries

MISMATCHES: dict[str, Callable[[Communicator], Any]] = {
    "the shapes differ": lambda comm: comm.all_reduce(np.zeros(10 + comm.rank)),
    "the dtypes differ": lambda comm: comm.all_reduce(np.zeros(10, ("float32", "int64")[comm.rank])),
    "the ops differ": lambda comm: comm.reduce(np.zeros(10), ("sum", "max")[comm.rank]),
    "the roots differ": lambda comm: comm.broadcast(np.zeros(10), comm.rank),
    "the ranks call different collectives": lambda comm: (
        comm.barrier() if comm.rank else comm.all_reduce(np.zeros(1), wait=False).wait()
    ),
    "the lengths differ": lambda comm: (
        comm.recv(np.zeros(5), 0) if comm.rank else comm.isend(np.zeros(3), 1).wait()
    ),
    "rank 0 sends 2 elements to rank 1": lambda comm: comm.all_to_all(
        [np.zeros(1), np.zeros(1)], [np.zeros(1), np.zeros(2 - comm.rank)]
    ),
}


def caught(comm: Communicator, call: Callable[[Communicator], Any]) -> str:
    try:
        call(comm)
    except MismatchError as error:
        return str(error)
    return "no error"


@pytest.mark.parametrize("said", MISMATCHES)
def test_a_mismatch_is_a_message_on_every_rank(said: str):
    for told in launch(caught, 2, MISMATCHES[said], check=True):
        assert f"mismatch in call 1: {said}" in told
        assert "rank 0: " in told
        assert "rank 1: " in told
        assert "test_comm_check.py:" in told


def test_a_mismatch_on_mpi():
    for told in launch(caught, 2, MISMATCHES["the shapes differ"], check=True, backend="mpi"):
        assert "rank 1: all_reduce(float64[11], sum)" in told


def second_call(comm: Communicator) -> None:
    comm.all_reduce(np.zeros(2))
    comm.all_reduce(np.zeros(2 + comm.rank))


def test_the_number_of_the_call():
    with pytest.raises(LaunchError, match="mismatch in call 2"):
        launch(second_call, 2, check=True)


def test_the_environment_turns_checks_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLSYS_CHECK", "1")
    with pytest.raises(LaunchError, match="mismatch in call 2"):
        launch(second_call, 2)


def ring_of_sends(comm: Communicator) -> None:
    x = np.zeros(4)
    comm.send(x, (comm.rank + 1) % comm.size)
    comm.recv(x, (comm.rank - 1) % comm.size)


def wait_for_ended(comm: Communicator) -> None:
    if comm.rank:
        comm.recv(np.zeros(4), 0, tag=7)


def barrier_against_message(comm: Communicator) -> None:
    if comm.rank == 0:
        comm.barrier()
    else:
        comm.recv(np.zeros(1), 0)


@pytest.mark.parametrize(
    ("program", "n", "said"),
    [
        (ring_of_sends, 3, "cycle: 0 -> 1 -> 2 -> 0"),
        (
            wait_for_ended,
            2,
            "rank 1 waits for rank 0 in recv(float64[4]) from rank 0 with tag 7; rank 0 has already ended",
        ),
        (barrier_against_message, 2, "cycle: 0 -> 1 -> 0"),
    ],
)
def test_a_deadlock_names_who_waits_for_whom(program: Any, n: int, said: str):
    with pytest.raises(LaunchError) as failure:
        launch(program, n, check=True, timeout=20)
    assert failure.value.kind == "DeadlockError"
    assert isinstance(failure.value.error, DeadlockError)
    assert said in str(failure.value)
    assert f"in {program.__name__}" in str(failure.value)


def test_a_deadlock_on_mpi():
    with pytest.raises(LaunchError, match="cycle: 0 -> 1 -> 2 -> 0"):
        launch(ring_of_sends, 3, check=True, backend="mpi", timeout=20)


def forgotten(comm: Communicator) -> None:
    if comm.rank == 0:
        comm.isend(np.zeros(2), 1)


def test_a_request_that_nobody_waits_for():
    with pytest.raises(LaunchError, match=r"rank 0 never waited for send\(float64\[2\]\) to rank 1"):
        launch(forgotten, 2, check=True)


def correct(comm: Communicator, seed: int) -> float:
    """A random program without a deadlock: messages, and collectives that overlap them."""
    plan, total, requests = random.Random(seed), 0.0, []
    for step in range(25):
        kind, source, to = (
            plan.choice(("message", "early", "collective", "late")),
            *plan.sample(range(comm.size), 2),
        )
        x = np.full(3, float(step))
        if kind == "message":
            if comm.rank == source:
                comm.send(x, to, tag=step % 3)
            elif comm.rank == to:
                comm.recv(x, source, tag=step % 3)
        elif kind == "early":
            if comm.rank == source:
                requests.append((comm.isend(x, to), x))
            elif comm.rank == to:
                requests.append((comm.irecv(x, source), x))
        elif kind == "collective":
            comm.all_reduce(x)
        else:
            requests.append((comm.all_reduce(x, wait=False), x))
        if plan.random() < 0.2:
            for request, _ in requests:
                request.wait()
        total += x[0] if kind in ("message", "collective") else 0.0
    for request, x in requests:
        request.wait()
        total += x[0]
    return total


@tries(4)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 3))
def test_checks_change_no_result_of_a_correct_program(seed: int, n: int):
    assert launch(correct, n, seed, check=True) == launch(correct, n, seed)


def waiting(channel: list[Any], k: int, **posted: int) -> dict[str, Any]:
    return {"state": "waiting", "waits": [channel, k], "posted": posted}


def test_a_rank_that_runs_may_free_all_others():
    channel = ["0", [0, 1, 2]]
    ready = waiting(channel, 1, **{f"{channel}": 1})
    states: list[dict[str, Any]] = [{"state": "running"}, ready, ready]
    assert stuck(states) == {}
    states[0] = {"state": "ended"}
    assert stuck(states) == {1: [0], 2: [0]}


def test_messages_that_are_announced_will_arrive():
    channel = ["0", 0, 1, 0]
    states = [waiting(channel, 2, **{f"{channel}s": 2}), waiting(channel, 2, **{f"{channel}r": 2})]
    assert stuck(states) == {}
    states[1] = waiting(["0", 0, 1, 5], 1, **{f"{channel}r": 1})
    assert stuck(states) == {0: [1], 1: [0]}
    assert cycle(stuck(states)) == [0, 1, 0]

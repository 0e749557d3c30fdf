"""All-reduce through a shared window: equal to NumPy, the same bits on all ranks, also a thousand times in a row."""

from __future__ import annotations

import numpy as np
import pytest

from reference.collectives.shared_memory import (
    SharedWindow,
    hierarchical_all_reduce,
    shared_memory_all_reduce,
)
from reference.shared.comm import Communicator, launch


def repeated(comm: Communicator) -> list[str]:
    """Wrong results over many calls, of data inside and outside of the window."""
    window, wrong = SharedWindow(comm, 5000, np.float64), []
    for turn in range(1000 if comm.size == 2 else 200):  # four ranks on two cores wait long in a barrier
        n = (turn * 37) % 90
        xs = np.arange(comm.size * n, dtype=np.float64).reshape(comm.size, n) % 13 + turn
        op = ("sum", "avg", "max", "min")[turn % 4]
        want = {"sum": np.sum, "avg": np.mean, "max": np.max, "min": np.min}[op](xs, axis=0)
        x = window.mine[:n] if turn % 3 else np.empty(n)
        x[:] = xs[comm.rank]
        if not np.allclose(shared_memory_all_reduce(window, x, op), want, rtol=1e-14):
            wrong.append(f"{op} in call {turn}")
    x = np.random.default_rng(comm.rank).standard_normal(5000)
    theirs = x.copy()
    comm.all_reduce(theirs)
    bits = shared_memory_all_reduce(window, x).view(np.int64).copy()
    first = bits.copy()
    comm.broadcast(first)
    if (first != bits).any() or np.abs(x - theirs).max() > 1e-12:
        wrong.append("bits")
    for bad, kind in (
        (np.ones(3, np.float32), TypeError),
        (np.ones(5001), ValueError),
        (np.ones(8)[::2], ValueError),
    ):
        try:
            shared_memory_all_reduce(window, bad)
            wrong.append(f"no {kind.__name__}")
        except kind:
            pass
    window.close()
    return wrong


def on_two_machines(comm: Communicator) -> float:
    """The error of the hierarchical all-reduce, with ranks 0 and 1 as one machine, and 2 and 3 as the other."""
    machine, place = divmod(comm.rank, 2)
    window = SharedWindow(comm.split(machine), 11)
    x = np.arange(11, dtype=np.float32) + comm.rank
    hierarchical_all_reduce(window, comm.split(place), x)
    window.close()
    return float(np.abs(x - (4 * np.arange(11) + 6)).max())


@pytest.mark.parametrize("p", [2, 4])
def test_many_calls_in_a_row_agree_with_numpy(p: int):
    assert launch(repeated, p, backend="mpi", timeout=120) == [[]] * p


def test_two_levels_agree_with_one():
    assert launch(on_two_machines, 4, backend="mpi") == [0.0] * 4

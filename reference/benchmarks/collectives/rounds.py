"""Measurements of one rank: every variant once in each round, after a barrier."""

from __future__ import annotations

import time

import numpy as np

from reference.collectives.ring import ring_all_reduce
from reference.collectives.shared_memory import SharedWindow, shared_memory_all_reduce
from reference.shared.comm import Communicator, plain
from reference.shared.comm.stopwatch import time_in_turns

MIB = 2**20


def all_reduces(comm: Communicator, nbytes: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of MPI_Allreduce, the ring, and the shared window with and without copies; MPI ranks.

    Raises ValueError if a result is wrong.
    """
    from mpi4py import MPI

    raw = plain(comm)
    n = nbytes // 4
    window = SharedWindow(raw, n)
    x, theirs, ours = (np.empty(n, np.float32) for _ in range(3))
    buffers = {"mpi": theirs, "ring": ours, "copied": x, "in_window": window.mine}
    variants = {
        "mpi": lambda: raw.comm.Allreduce(MPI.IN_PLACE, theirs, MPI.SUM),
        "ring": lambda: ring_all_reduce(raw, ours, "sum", ours),
        "copied": lambda: shared_memory_all_reduce(window, x, "sum"),
        "in_window": lambda: shared_memory_all_reduce(window, window.mine, "sum"),
    }
    for name, buffer in buffers.items():
        buffer[:] = raw.rank
        raw.barrier()
        variants[name]()
        want = raw.size * (raw.size - 1) / 2
        if not (buffer == want).all():
            raise ValueError(f"expected {want} everywhere, got {buffer.min()} to {buffer.max()} from {name}")
        window.barrier()
        buffer[:] = 0  # sums of zeros stay zeros, however often they are added
    seconds = time_in_turns(raw, variants, range(rounds))
    window.close()
    return seconds


def gloo(comm: Communicator, nbytes: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of gloo's all-reduce and of our ring over gloo's messages; torch ranks."""
    raw = plain(comm)
    x, ours = (np.ones(nbytes // 4, np.float32) for _ in range(2))
    return time_in_turns(
        raw,
        {
            "all_reduce": lambda: raw.all_reduce(x, "max").wait(),
            "ring": lambda: ring_all_reduce(raw, ours, "max", ours),
        },
        range(rounds),
    )


def round_trip(comm: Communicator, rounds: int) -> list[float]:
    """Seconds of one message of 8 bytes on each of two ranks: half of a message there and back."""
    raw, x, seconds = plain(comm), np.ones(1), []
    for _ in range(rounds):
        start = time.perf_counter()
        if raw.rank == 0:
            raw.send(x, 1)
            raw.recv(x, 1)
        else:
            raw.recv(x, 0)
            raw.send(x, 0)
        seconds.append((time.perf_counter() - start) / 2)
    return seconds


def ratio(base: np.ndarray, other: np.ndarray) -> float:
    """The median of the ratios of rounds: how many times as fast `other` is."""
    return float(np.median(base / other))

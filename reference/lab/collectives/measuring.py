"""Measure messages and collectives on the ranks of this machine. Every function here runs on each rank."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from reference.shared.comm import Communicator
from reference.shared.comm.stopwatch import time_in_turns

SIZES = tuple(8 * 4**k for k in range(10))  # 8 bytes to 2 MiB


def time_messages(
    comm: Communicator, sizes: Sequence[int] = SIZES, repeats: int = 15
) -> tuple[np.ndarray, np.ndarray]:
    """Bytes and seconds of messages between ranks 0 and 1: half the time of one there and one back.

    The sizes take turns, so that a slow moment of the machine affects all of them. Other ranks wait.
    """
    nbytes, seconds = [], []
    buffers = {size: np.zeros(size, np.uint8).view(np.float64) for size in sizes}
    for turn in range(repeats + 1):
        for size, buffer in buffers.items():
            comm.barrier()
            start = time.perf_counter()
            if comm.rank == 0:
                comm.send(buffer, 1)
                comm.recv(buffer, 1)
            elif comm.rank == 1:
                comm.recv(buffer, 0)
                comm.send(buffer, 0)
            if turn:  # the first turn warms up
                nbytes.append(size)
                seconds.append((time.perf_counter() - start) / 2)
    return np.array(nbytes), np.array(seconds)


def time_collectives(
    comm: Communicator,
    functions: Mapping[str, Callable[..., Any]],
    sizes: Sequence[int] = SIZES,
    repeats: int = 7,
) -> dict[str, dict[int, float]]:
    """Median seconds of each all-reduce for each size in bytes, on this rank, in turns."""
    found: dict[str, dict[int, float]] = {name: {} for name in functions}
    for size in sizes:
        x = np.ones(size // 8)
        calls = {name: partial(function, comm, x) for name, function in functions.items()}
        for name, times in time_in_turns(comm, calls, range(repeats)).items():
            found[name][size] = float(np.median(times))
    return found


def effective_gpus(p: int, compute: float, late: float) -> float:
    """The work of p GPUs that compute for `compute` seconds and wait `late` seconds for one of them, in GPUs.

    All wait for the last one, so each of them works compute / (compute + late) of the time. Raises ValueError for p < 1
    or times that are not possible.
    """
    if p < 1 or not compute > 0 or late < 0:
        raise ValueError(f"expected p >= 1, compute > 0 and late >= 0, got {p}, {compute} and {late}")
    return p * compute / (compute + late)


def step_with_a_late_rank(
    comm: Communicator, all_reduce: Callable[..., Any], compute: float, late: float, steps: int = 10
) -> float:
    """Median seconds of a step on this rank: `compute` seconds of work, then an all-reduce; rank 0 takes `late` longer.

    The work is a wait, so that any number of ranks fits on this machine.
    """
    x, times = np.ones(1000), []
    for _ in range(steps):
        comm.barrier()
        start = time.perf_counter()
        time.sleep(compute + (late if comm.rank == 0 else 0))
        all_reduce(comm, x)
        times.append(time.perf_counter() - start)
    return float(np.median(times))

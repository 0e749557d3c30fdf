"""The names that lab 03 uses, in one place: `from reference.lab.collectives import notebook as lab`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from reference.lab.collectives.measuring import (
    SIZES,
    effective_gpus,
    step_with_a_late_rank,
    time_collectives,
    time_messages,
)
from reference.lab.collectives.timeline import Timeline
from reference.shared.comm import Communicator, Message, RecordingCommunicator, launch, plain
from reference.shared.machine import machine
from reference.shared.plots.charts import prediction_vs_measured, sweep
from reference.shared.plots.style import Picture
from reference.shared.predictions import Prediction, keep_prediction

__all__ = [
    "SIZES",
    "Timeline",
    "curves",
    "effective_gpus",
    "keep_guesses",
    "launch",
    "machine",
    "measure_collectives",
    "measure_messages",
    "prediction_vs_measured",
    "record",
    "sent_bytes",
    "step_seconds",
]

# The course's blind guess: no algorithm is faster than another.
BLIND = {
    "doubling over ring, 8 bytes": 1.0,
    "ring over doubling, 2 MiB": 1.0,
    "rabenseifner over ring, 8 bytes": 1.0,
}


def keep_guesses(guesses: Mapping[str, float]) -> Prediction:
    """Save the guesses of section 1, once."""
    return keep_prediction("03_collectives", guesses, blind=BLIND)


def record(function: Callable[..., Any], p: int, n: int = 4096, *, op: str = "sum") -> list[Message]:
    """Run an all-reduce of n numbers on p ranks, twice, and return all messages of the second run.

    Raises ValueError if a result is wrong.
    """
    log: list[Message] = []
    for ranks in launch(_recorded, p, function, n, op):
        log += ranks
    return log


def _recorded(comm: Communicator, function: Callable[..., Any], n: int, op: str) -> list[Message]:
    function(comm, np.ones(n), op)
    comm.barrier()
    recorder = RecordingCommunicator(plain(comm))
    found = function(recorder, np.full(n, comm.rank + 1.0), op)
    want = comm.size * (comm.size + 1) / 2
    if op == "sum" and not (found == want).all():
        raise ValueError(f"expected the sum {want} everywhere, got {found[:4]} ...")
    return recorder.messages


def sent_bytes(messages: Sequence[Message], rank: int) -> tuple[int, int]:
    """The number of messages that a rank sent, and their bytes."""
    sent = [each.bytes for each in messages if each.kind == "send" and each.rank == rank]
    return len(sent), sum(sent)


def measure_messages(repeats: int = 15) -> tuple[np.ndarray, np.ndarray]:
    """Bytes and seconds of messages between two ranks of this machine."""
    return launch(time_messages, 2, SIZES, repeats)[0]


def measure_collectives(functions: Mapping[str, Callable[..., Any]], p: int) -> dict[str, dict[int, float]]:
    """Median seconds of each all-reduce on p ranks, by bytes: those of the slowest rank."""
    ranks = launch(time_collectives, p, dict(functions), SIZES)
    return {name: {size: max(rank[name][size] for rank in ranks) for size in SIZES} for name in functions}


def step_seconds(all_reduce: Callable[..., Any], p: int, compute: float, late: float) -> float:
    """Median seconds of a step on p ranks when rank 0 is late."""
    return max(launch(step_with_a_late_rank, p, all_reduce, compute, late))


def curves(
    measured: Mapping[str, Mapping[int, float]], predicted: Mapping[str, Mapping[int, float]], title: str
) -> Picture:
    """Measured and predicted seconds over bytes."""
    lines = {f"{name}, measured": dict(line) for name, line in measured.items()}
    lines |= {f"{name}, predicted": dict(line) for name, line in predicted.items()}
    micro = {
        name: {float(size): 1e6 * seconds for size, seconds in line.items()} for name, line in lines.items()
    }
    return sweep(
        micro, title=title, x_label="bytes of the vector", y_label="µs for each all-reduce", log_y=True
    )

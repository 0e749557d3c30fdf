"""The measurements behind the pictures of lecture 04; `figures.py` draws them.

python -m reference.benchmarks.lecture data_parallel       about a minute; keep the machine quiet
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from reference.data_parallel.ddp import data_parallel
from reference.data_parallel.fsdp import FullyShardedDataParallel
from reference.data_parallel.local_sgd import LocalSgd
from reference.data_parallel.zero import sharded_adamw
from reference.lab.data_parallel.training import local_training, steps_to_target, watched_steps, zero_memory
from reference.shared.comm import Message, launch
from reference.shared.machine import machine

BATCHES = (8, 16, 32, 64, 128, 256)
TARGET = 0.35  # nats
MEETINGS = ((1, 0.0), (5, 0.0), (5, 0.9), (20, 0.9))  # steps between meetings, outer momentum


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Everything the pictures need: records of steps, steps to a loss, bytes of a rank, losses of local SGD."""
    say("lanes of one step, with and without overlap")
    runs: dict[str, list[Any]] = {}
    for name, overlap in (("overlap", True), ("no overlap", False)):
        messages: list[Message] = []
        launch(watched_steps, 2, data_parallel, 1.0, overlap, messages=messages)
        runs[name] = [asdict(message) for message in messages]
    say("steps to a loss, over the batch")
    steps = {str(batch): steps_to_target(batch, min(batch / 16, 4.0), TARGET) for batch in BATCHES}
    say("bytes on a rank")
    ways = {
        "plain": (None, None),
        "ZeRO-1": (sharded_adamw, None),
        "ZeRO-3": (None, FullyShardedDataParallel),
    }
    memory = {name: launch(zero_memory, 2, *pair)[0] for name, pair in ways.items()}
    say("local SGD")
    local = [
        [every, momentum, *launch(local_training, 2, LocalSgd, every, momentum)[0]]
        for every, momentum in MEETINGS
    ]
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": str(machine()),
        "runs": runs,
        "steps": steps,
        "memory": memory,
        "local": local,
    }

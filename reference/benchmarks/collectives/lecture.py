"""The measurements behind the pictures of lecture 03; `figures.py` draws them.

python -m reference.benchmarks.lecture collectives       about a minute; keep the machine quiet

The ranks are those of torch (gloo): they sleep while they wait, and so disturb each other less than ranks of MPI.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from reference.collectives import fit_alpha_beta, rabenseifner, recursive_doubling, ring_all_reduce
from reference.collectives.trees import broadcast_tree, reduce_tree
from reference.lab.collectives.measuring import (
    SIZES,
    step_with_a_late_rank,
    time_collectives,
    time_messages,
)
from reference.shared.comm import Communicator, launch
from reference.shared.comm.communicator import Buffer, Op
from reference.shared.machine import machine

RANKS = 2  # as many as the smallest machine of the course has cores: more ranks would wait for a core
COMPUTE, LATE = (
    0.06,
    (0.0, 0.05, 0.1, 0.2),
)  # seconds: ten times those of the slide, so that sleeping is exact enough


def tree_all_reduce(comm: Communicator, x: Buffer, op: Op = "sum") -> Buffer:
    """Reduce to rank 0 along a tree, and broadcast the result."""
    found = reduce_tree(comm, x, op)
    return broadcast_tree(comm, x + 0 if found is None else found)


ALL_REDUCES = {
    "tree": tree_all_reduce,
    "ring": ring_all_reduce,
    "doubling": recursive_doubling,
    "rabenseifner": rabenseifner,
}


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Everything the pictures need, in seconds and bytes."""
    record: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": str(machine()),
        "ranks": RANKS,
    }
    say("messages between two ranks")
    nbytes, seconds = launch(time_messages, 2, SIZES, 40)[0]
    record["messages"] = {"bytes": nbytes.tolist(), "seconds": seconds.tolist()}
    record["fit"] = fit_alpha_beta(nbytes, seconds)._asdict()
    say("all-reduces")
    ranks = launch(time_collectives, RANKS, ALL_REDUCES, SIZES, 25, timeout=200)
    record["all_reduces"] = {
        name: {str(size): max(rank[name][size] for rank in ranks) for size in SIZES} for name in ALL_REDUCES
    }
    say("a rank that is late")
    record["compute"] = COMPUTE
    record["late"] = {
        str(late): max(launch(step_with_a_late_rank, 4, ring_all_reduce, COMPUTE, late)) for late in LATE
    }
    return record

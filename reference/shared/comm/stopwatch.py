"""Time what several ranks do together, in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from reference.shared.comm.communicator import Communicator
from reference.shared.timing.rotation import in_rotation


def time_in_turns(
    comm: Communicator, calls: Mapping[str, Callable[[], object]], rounds: Iterable[object]
) -> dict[str, list[float]]:
    """Seconds of each call on this rank, once in each round, after a barrier; each round starts with the next call.

    A first call of each does not count: it compiles, and touches the memory. A round takes as long as its slowest rank,
    so combine the samples of all ranks. A collective: the same calls and rounds on every rank.
    """
    for call in calls.values():
        call()
    return in_rotation({name: partial(_seconds, comm, call) for name, call in calls.items()}, rounds)


def _seconds(comm: Communicator, call: Callable[[], object]) -> float:
    comm.barrier()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start

"""A stopwatch for the GPU: events around each call, an empty cache before it, functions in turns.

A call returns when the work is queued, not when it is done, so the clock of the CPU would time the queue. CUDA events
are stamped by the GPU itself. Each call is timed from the same start: the L2 cache holds another array, so that a
function is not timed on operands that its predecessor left there.

    timings = time_in_rotation({"cublas": lambda: a @ b, "ours": lambda: triton_matmul(a, b)}, EventClock())
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from reference.shared.timing.rotation import in_rotation
from reference.shared.timing.statistics import LEAST_ROUNDS, Timing, timing_of

# Bytes that empty the cache: takes about a tenth of a millisecond, in which the CPU queues the call to be timed.
LEAST_FLUSH = 256 * 2**20
MOST_ROUNDS, WARM_UP = 100, 3


class Clock(Protocol):
    """A clock for one call. The tests have one that reads its answers from a list."""

    def seconds(self, call: Callable[[], Any]) -> float: ...


class EventClock:
    """Seconds of one call on the GPU, from an empty L2 cache, by CUDA events (resolution about half a microsecond).

    Kernels of torch, Triton and numba all run on the default stream, one after the other, so that two events there
    enclose what lies between. A function that waits for its kernel (`launch` does) is timed with that
    wait, some microseconds. Needs torch with CUDA, and memory for an array of four times the L2 cache.
    """

    def __init__(self) -> None:
        import torch

        l2 = torch.cuda.get_device_properties(0).L2_cache_size
        self.filler = torch.empty(max(LEAST_FLUSH, 4 * l2), dtype=torch.int8, device="cuda")
        self.start = torch.cuda.Event(enable_timing=True)
        self.end = torch.cuda.Event(enable_timing=True)

    def seconds(self, call: Callable[[], Any]) -> float:
        self.filler.zero_()
        self.start.record()
        call()
        self.end.record()
        self.end.synchronize()
        return self.start.elapsed_time(self.end) / 1e3  # elapsed_time counts milliseconds


def time_in_rotation(
    calls: Mapping[str, Callable[[], Any]], clock: Clock, *, budget: float = 1.0
) -> dict[str, Timing]:
    """Time every function once a round, each round starting one further on. Returns name -> Timing, in the same order.

    budget: seconds that all rounds together may take, by the first one: at least 6 rounds, at most 100. Three calls
    of each come before and do not count (they compile and tune). Raises ValueError for no function.
    """
    if not calls:
        raise ValueError("time_in_rotation: expected at least one function to time, got none")
    measure = {name: partial(clock.seconds, call) for name, call in calls.items()}
    once = sum(statistics.median(seconds() for _ in range(WARM_UP)) for seconds in measure.values())
    rounds = min(MOST_ROUNDS, max(LEAST_ROUNDS, int(budget / max(once, 1e-9))))
    return {name: timing_of(runs, 1) for name, runs in in_rotation(measure, range(rounds)).items()}


def gpu_seconds(calls: Mapping[str, Callable[[], Any]], *, budget: float = 1.0) -> dict[str, float]:
    """Median seconds of each function on the GPU, in turns: name -> seconds. Needs torch with CUDA."""
    return {
        name: timing.seconds for name, timing in time_in_rotation(calls, EventClock(), budget=budget).items()
    }

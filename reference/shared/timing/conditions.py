"""Check that this machine can measure time well now: the resolution of its clock, and the load of other programs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache

from reference.shared.machine import usable_cores

COARSE_STEP = 1e-6  # seconds: a clock with larger steps than this cannot time a run of a millisecond to 0.1 %
BUSY_SHARE = 0.15  # of the usable cores: with more, some run will meet a neighbour
LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Conditions:
    """The state of the machine; if `warnings` is empty, you can measure."""

    step: float  # seconds: the smallest step of the clock
    busy: float  # share of the usable cores' time that went to others, from 0 to 1
    cores: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each problem that will spoil a measurement, with its fix."""
        found = []
        if self.step > COARSE_STEP:
            found.append(
                f"the clock is coarse: it moves in steps of {self.step * 1e6:.3g} µs, so short calls are timed in "
                "long batches"
            )
        if self.busy > BUSY_SHARE:
            found.append(
                f"the machine is busy: others use {self.busy:.0%} of its {self.cores} cores; close other programs, "
                "plug in a laptop, and measure again"
            )
        return tuple(found)

    def __str__(self) -> str:
        if self.warnings:
            return "\n".join(f"warning: {warning}" for warning in self.warnings)
        return f"quiet: others use {self.busy:.0%} of {self.cores} cores, clock steps of {self.step * 1e9:.3g} ns"


def conditions(seconds: float = LOOK_SECONDS) -> Conditions:
    """Measure the clock's resolution, and for `seconds` the load of the usable cores while this process sleeps.

    Time that the host of a virtual machine gave to another guest ("steal") counts as load of others. Raises
    ValueError for seconds that are not above 0.
    """
    if not seconds > 0:
        raise ValueError(f"conditions: expected seconds above 0, got {seconds!r}")
    busy, ours, start = _busy_seconds(), time.process_time(), time.perf_counter()
    time.sleep(seconds)
    span = time.perf_counter() - start
    others = _busy_seconds() - busy - (time.process_time() - ours)
    cores = usable_cores()
    return Conditions(clock_resolution(), min(max(others / (cores * span), 0.0), 1.0), cores)


@cache
def clock_resolution() -> float:
    """The smallest step of `time.perf_counter` that this machine shows, in seconds."""
    steps = []
    for _ in range(20):
        start = time.perf_counter()
        while (now := time.perf_counter()) == start:
            pass
        steps.append(now - start)
    return min(steps)


def _busy_seconds() -> float:
    """Seconds that the usable cores together have spent on anything, since the system started."""
    import os

    import psutil  # imported late: only who asks about the machine needs it

    everyone = psutil.cpu_times(percpu=True)
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(everyone))
    used = 0.0
    for core in mine:
        if core < len(everyone):
            spent = everyone[core]._asdict()
            waiting = {"idle", "iowait", "guest", "guest_nice"}  # a guest's time is in user and nice already
            used += sum(value for name, value in spent.items() if name not in waiting)
    return used

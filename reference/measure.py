"""The course's stopwatch: medians, side by side, with a batch where one call is too short for the clock.

A single timing says little: the first call compiles, the next meets a cold cache, and a neighbour takes the
core for a while. So everything here warms up, repeats, and reports the middle of what it saw and how far the
runs spread. To compare two functions, run them in turns (`interleaved`): a slow minute then hits
both.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from reference.machine import machine_summary
from reference.peak import measure_bandwidth, measure_peak

__all__ = [
    "Timing",
    "clock_resolution",
    "interleaved",
    "machine_summary",
    "matmul_flop",
    "measure_bandwidth",
    "measure_peak",
    "median_seconds",
    "settle",
    "time_calls",
]

MIN_TICKS = 1000  # a run must span this many steps of the clock: an error of 0.1 % at most
MIN_RUN_SECONDS = 1e-4  # and be long against reading the clock and starting the loop
NOISY_SPREAD = 0.10
SLICE_SECONDS, LONGEST_SECONDS = 0.01, 1.0  # how often `settle` looks, and when it gives up


@dataclass(frozen=True)
class Timing:
    """What repeated runs of one function took, in seconds a call."""

    seconds: float  # the median
    fastest: float
    low: float  # first quartile
    high: float  # third quartile
    repeats: int
    batch: int  # calls in a run: more than 1 when one call is too short to time

    @property
    def spread(self) -> float:
        """Width of the middle half of the runs, relative to the median: 0.02 is quiet, 0.2 is noise."""
        return (self.high - self.low) / self.seconds if self.seconds else 0.0

    @property
    def noisy(self) -> bool:
        return self.spread > NOISY_SPREAD

    def rate(self, work: float) -> float:
        """`work` units a second: FLOP -> FLOP/s, bytes -> bytes/s. Raises ValueError for negative work."""
        if work < 0:
            raise ValueError(f"Timing.rate: expected work of at least 0, got {work}")
        return work / self.seconds

    def __str__(self) -> str:
        noise = f", noisy: middle half spans {self.spread:.0%}" if self.noisy else ""
        return f"{human_seconds(self.seconds)} (median of {self.repeats}{noise})"


def median_seconds(fn: Callable[[], object], *, repeats: int = 7, warmup: int = 1) -> float:
    """Median seconds of one call of `fn`. Same arguments and errors as `time_calls`."""
    return time_calls(fn, repeats=repeats, warmup=warmup).seconds


def time_calls(fn: Callable[[], object], *, repeats: int = 7, warmup: int = 1) -> Timing:
    """Time `fn()`: `warmup` calls that are not counted, then `repeats` runs.

    A call shorter than about a thousand steps of the clock is repeated in a batch, and the time divided.
    Raises TypeError when fn is not callable and ValueError for repeats < 1 or warmup < 0.
    """
    return interleaved({"fn": fn}, repeats, warmup=warmup)["fn"]


def interleaved(
    fns: Mapping[str, Callable[[], object]], repeats: int = 7, *, warmup: int = 1, settled: bool = False
) -> dict[str, Timing]:
    """Time several functions in turns, so that a slow spell of the machine hits all of them.

    Each round starts one function further on, so that none always runs in the cache another one left.
    settled: for libraries with threads of their own, which keep spinning for a while after a call and would slow
    the next library down: wait until they sleep (see settle), then wake one's own by a call that is not counted.
    fns: name -> function without arguments. Returns name -> Timing in the order given.
    After the warm-up each function is called once more, to see whether it needs a batch.
    Raises ValueError when fns is empty, for repeats < 1 or warmup < 0; TypeError when a value is no function.
    """
    if not fns:
        raise ValueError("interleaved: expected at least one function to time, got none")
    for name, fn in fns.items():
        if not callable(fn):
            got = type(fn).__name__
            raise TypeError(
                f"interleaved: expected {name!r} to be a function, got {got}; try lambda: f(a, b)"
            )
    _check_count("repeats", repeats, 1)
    _check_count("warmup", warmup, 0)
    names = list(fns)
    for name in names:
        for _ in range(warmup):
            fns[name]()
    batches = {name: _batch(fns[name]) for name in names}
    runs: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(repeats):
        for i in range(len(names)):
            name = names[(turn + i) % len(names)]
            if settled:
                settle()
                fns[name]()
            runs[name].append(_run(fns[name], batches[name]) / batches[name])
    return {name: _timing(runs[name], batches[name]) for name in names}


def settle() -> None:
    """Wait until no thread of this process uses the processor, at most a second.

    The threads of OpenBLAS, for one, spin for about a tenth of a second after a call.
    """
    end = time.perf_counter() + LONGEST_SECONDS
    while time.perf_counter() < end:
        before = time.process_time()
        time.sleep(SLICE_SECONDS)
        if time.process_time() - before < SLICE_SECONDS / 10:
            return


def matmul_flop(m: int, k: int, n: int) -> int:
    """Operations of an (m, k) by (k, n) product: a multiply and an add for each of m*k*n terms."""
    if min(m, k, n) < 0:
        raise ValueError(f"matmul_flop: expected sizes of at least 0, got m={m}, k={k}, n={n}")
    return 2 * m * k * n


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


def human_seconds(seconds: float) -> str:
    """0.00123 -> '1.23 ms'."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def _batch(fn: Callable[[], object]) -> int:
    """How many calls make a run that the clock can time."""
    wanted = max(MIN_TICKS * clock_resolution(), MIN_RUN_SECONDS)
    batch = 1
    while _run(fn, batch) < wanted and batch < 2**24:
        batch *= 2
    return batch


def _run(fn: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        fn()
    return time.perf_counter() - start


def _timing(runs: list[float], batch: int) -> Timing:
    low, middle, high = (
        (runs[0],) * 3 if len(runs) == 1 else statistics.quantiles(runs, n=4, method="inclusive")
    )
    return Timing(middle, min(runs), low, high, len(runs), batch)


def _check_count(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"expected {name} to be a whole number of at least {least}, got {value!r}")

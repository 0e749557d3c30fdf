"""The course's stopwatch: medians of repeated runs, side by side, with batches of calls that are too short to time.

A single timing says little: the first call compiles, the next one has a cold cache, and another program takes the
core for a while. So all functions here warm up, repeat, and report the median and the spread of the runs. To compare
two functions, run them in turns (`compare`): then a slow moment affects both, and the interval of their ratio shows
if there is a difference. `conditions()` checks the machine's load and its clock before a measurement; the `warnings`
of a `Timing` show problems afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import repeat

from reference.shared.timing.conditions import clock_resolution
from reference.shared.timing.cpu_limits import measure_bandwidth, measure_peak
from reference.shared.timing.rotation import in_rotation
from reference.shared.timing.statistics import (
    LEAST_ROUNDS,
    MIN_TICKS,
    Comparison,
    Timing,
    human_seconds,
    timing_of,
)

__all__ = [
    "Timing",
    "compare",
    "human_seconds",
    "interleaved",
    "matmul_flop",
    "measure_bandwidth",
    "measure_peak",
    "median_seconds",
    "settle",
    "time_calls",
]

MIN_RUN_SECONDS = 1e-4  # and be long against reading the clock and starting the loop
SLICE_SECONDS, LONGEST_SECONDS = 0.01, 1.0  # how often `settle` looks, and when it gives up


def median_seconds(fn: Callable[[], object], *, repeats: int = 7, warmup: int = 1) -> float:
    """Median seconds of one call of `fn`. Same arguments and errors as `time_calls`."""
    return time_calls(fn, repeats=repeats, warmup=warmup).seconds


def time_calls(fn: Callable[[], object], *, repeats: int = 7, warmup: int = 1) -> Timing:
    """Time `fn()`: `warmup` calls that are not counted, then `repeats` runs.

    A call shorter than about a thousand steps of the clock is repeated in a batch, and the time divided.
    Raises TypeError if fn is not callable, and ValueError for repeats < 1 or warmup < 0.
    """
    return interleaved({"fn": fn}, repeats, warmup=warmup)["fn"]


def interleaved(
    fns: Mapping[str, Callable[[], object]], repeats: int = 7, *, warmup: int = 1, settled: bool = False
) -> dict[str, Timing]:
    """Time several functions in turns, so that a slow moment of the machine affects all of them.

    Each round starts with the next function, so that no function always runs in the cache of the same other one.
    settled: for libraries with threads that keep spinning after a call and slow the next library down: wait until
    they sleep (see settle), then wake the function's own threads with a call that does not count.
    fns: name -> function without arguments. Returns name -> Timing in the order given.
    After the warm-up, one more call of each function decides if it needs a batch.
    Raises ValueError if fns is empty, for repeats < 1 or warmup < 0; TypeError if a value is not a function.
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

    def seconds(name: str) -> float:
        if settled:
            settle()
            fns[name]()
        return _run(fns[name], batches[name]) / batches[name]

    runs = in_rotation({name: partial(seconds, name) for name in names}, range(repeats))
    return {name: timing_of(runs[name], batches[name]) for name in names}


def compare(
    fns: Mapping[str, Callable[[], object]], repeats: int = 15, *, warmup: int = 1, settled: bool = False
) -> Comparison:
    """Time functions in turns, and compute the speed of each relative to the first.

    The arguments and errors are those of `interleaved`; also ValueError for fewer than two functions, or for fewer
    than 6 repeats, which are too few for a 95 % interval.
    """
    if len(fns) < 2:
        raise ValueError(f"compare: expected at least two functions, got {len(fns)}")
    _check_count("repeats", repeats, LEAST_ROUNDS)
    return Comparison(interleaved(fns, repeats, warmup=warmup, settled=settled))


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


def _batch(fn: Callable[[], object]) -> int:
    """The number of calls in a run that the clock can time."""
    wanted = max(MIN_TICKS * clock_resolution(), MIN_RUN_SECONDS)
    batch = 1
    while _run(fn, batch) < wanted and batch < 2**24:
        batch *= 2
    return batch


def _run(fn: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in repeat(None, calls):  # makes no numbers: the loop itself takes a few nanoseconds
        fn()
    return time.perf_counter() - start


def _check_count(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"expected {name} to be a whole number of at least {least}, got {value!r}")

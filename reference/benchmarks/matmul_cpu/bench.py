"""Unit 01 beside what a user would pick instead: the ladder at n = 4096, then NumPy and PyTorch, by turns.

    ./mlsys bench matmul_cpu --out reference/benchmarks/records/matmul_cpu.json

Only ratios of one run count. Each round gives every library a few calls, one library after the other, when
the last one's threads sleep: those of OpenBLAS spin for a tenth of a second after a call, and would slow the
next library down.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from rich.console import Console
from threadpoolctl import threadpool_limits

from reference import matmul_cpu
from reference.benchmarks.report import Figure, Report, geometric_mean
from reference.matmul_cpu import matmul
from reference.matmul_cpu.microkernel import microkernel
from reference.shared.machine import usable_cores
from reference.shared.timing.rotation import in_rotation, rounds_within
from reference.shared.timing.stopwatch import matmul_flop, measure_peak, settle, time_calls

SQUARES = (256, 500, 512, 1000, 1024, 2048, 4096)
SHAPES = {f"n={n}": (n, n, n) for n in SQUARES} | {
    "m=4096,k=64,n=4096": (4096, 64, 4096),
    "m=64,k=4096,n=64": (64, 4096, 64),
}
QUICK_SHAPES = {name: SHAPES[name] for name in ("n=256", "n=500", "n=1024")}
LADDER = {  # rung -> the largest n at which it is timed: 4096, or what takes a few seconds
    "python_loops": 96,
    "python_reordered": 96,
    "numba_loops": 2048,
    "numba_parallel": 2048,
    "divide_and_conquer": 2048,
    "register_blocked": 4096,
    "microkernel": 4096,
    "matmul": 4096,
}
LADDER_N = 4096
TARGETS = {"numpy": 1.00, "torch": 1.20}
LEAST_SIZE, LEAST_OF_PEAK, MOST_EXTRA = 0.90, 0.88, 0.05
ROUND = 0.02  # seconds of calls for each library in each round

Sides = tuple[int, int, int]


def run(*, quick: bool = False) -> Report:
    """Every figure of the unit: about six minutes; `quick` takes well under one, and misses the large sizes."""
    console = Console(stderr=True)
    shapes = QUICK_SHAPES if quick else SHAPES
    counts = sorted({1, usable_cores()})
    figures: list[Figure] = []
    with console.status("measuring") as status:
        figures += ladder(1024 if quick else LADDER_N, status.update)
        found: dict[tuple[str, int], dict[str, dict[str, float]]] = {}
        for dtype in ("float32", "float64"):
            for threads in counts:
                rates = found[dtype, threads] = {}
                for name, sides in shapes.items():
                    status.update(f"{dtype}, {threads} thread(s), {name}")
                    rates[name] = side_by_side(sides, dtype, threads, budget=0.5 if quick else 2.0)
                figures += ratios(rates, dtype, threads)
        status.update("allocations")
        figures += allocations(512 if quick else 2048)
    return Report("01_matmul_cpu", tuple(figures))


def ladder(n: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """Leiserson's columns for an n x n product in float64 on all cores; `timed at n` marks a smaller size."""
    peak = measure_peak(np.float64)
    yield Figure("peak/float64", peak / 1e9, "GFLOP/s")
    yield Figure("peak/float64/threads=1", measure_peak(np.float64, 1) / 1e9, "GFLOP/s")
    yield Figure("peak/float32", measure_peak(np.float32) / 1e9, "GFLOP/s")
    yield Figure("peak/float32/threads=1", measure_peak(np.float32, 1) / 1e9, "GFLOP/s")
    rng = np.random.default_rng(0)
    first = before = 0.0
    for rung, largest in LADDER.items():
        size = min(n, largest)
        say(f"the ladder: {rung}, n = {size}")
        a, b = rng.random((size, size)), rng.random((size, size))
        operands: tuple[Any, Any] = (a.tolist(), b.tolist()) if rung.startswith("python") else (a, b)
        function = microkernel if rung == "microkernel" else getattr(matmul_cpu, rung)
        rate = time_calls(lambda f=function, x=operands: f(*x), repeats=1 if size > 2000 else 3).rate(
            matmul_flop(size, size, size)
        )
        first, before = first or rate, before or rate
        yield Figure(f"ladder/{rung}/seconds", matmul_flop(n, n, n) / rate, f"s at n = {n}", "lower")
        yield Figure(f"ladder/{rung}/gflops", rate / 1e9, "GFLOP/s")
        yield Figure(f"ladder/{rung}/absolute_speedup", rate / first, "x")
        yield Figure(f"ladder/{rung}/relative_speedup", rate / before, "x")
        yield Figure(f"ladder/{rung}/fraction_of_peak", rate / peak, "of peak")
        yield Figure(f"ladder/{rung}/timed_at_n", size, "n")
        before = rate


def side_by_side(sides: Sides, dtype: str, threads: int, *, budget: float) -> dict[str, float]:
    """Median FLOP/s of matmul, numpy and torch for one product, and of the peak for the large ones."""
    m, k, n = sides
    rng = np.random.default_rng(m + k + n)
    a, b = rng.random((m, k)).astype(dtype), rng.random((k, n)).astype(dtype)
    x, y = torch.from_numpy(a), torch.from_numpy(b)
    calls: dict[str, Callable[[], object]] = {
        "matmul": lambda: matmul(a, b, threads=threads),
        "numpy": lambda: a @ b,
        "torch": lambda: x @ y,
    }
    torch_threads = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            seconds, peaks = samples(calls, threads, budget, np.dtype(dtype) if min(sides) >= 2048 else None)
    finally:
        torch.set_num_threads(torch_threads)
    found = {name: matmul_flop(m, k, n) / statistics.median(runs) for name, runs in seconds.items()}
    return {**found, "peak": statistics.median(peaks)} if peaks else found


def samples(
    calls: dict[str, Callable[[], object]], threads: int, budget: float, peak: np.dtype | None
) -> tuple[dict[str, list[float]], list[float]]:
    """Seconds of every timed call of every library, over at least three rounds; the peak of each round."""
    repeats = {}
    for name, call in calls.items():
        call()
        repeats[name] = max(1, round(ROUND / _seconds(call)))

    def timed(name: str) -> list[float]:
        if threads > 1:
            settle()
            calls[name]()  # wakes its threads
        return [_seconds(calls[name]) for _ in range(repeats[name])]

    def measured_peak() -> list[float]:
        settle()
        return [measure_peak(peak, threads, repeats=3)]

    measure = {name: partial(timed, name) for name in calls} | ({"peak": measured_peak} if peak else {})
    rounds = in_rotation(measure, rounds_within(budget, least=3))
    found = {name: [each for batch in batches for each in batch] for name, batches in rounds.items()}
    peaks = found.pop("peak", [])
    return found, peaks


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def ratios(rates: dict[str, dict[str, float]], dtype: str, threads: int) -> Iterator[Figure]:
    """The issue's targets for one dtype and thread count: each size, the means and the fractions of the peak."""
    end = f"{dtype}/threads={threads}"
    for name, found in rates.items():
        yield Figure(f"rate/{end}/{name}", found["matmul"] / 1e9, "GFLOP/s")
    for library, target in TARGETS.items():
        each = {name: found["matmul"] / found[library] for name, found in rates.items()}
        wanted = target if library == "numpy" or dtype == "float32" else None
        for name, ratio in each.items():
            least = LEAST_SIZE if library == "numpy" else None
            yield Figure(f"ratio_{library}/{end}/{name}", ratio, "ratio", target=least)
        mean = geometric_mean(each.values())
        yield Figure(f"ratio_{library}/{end}/geometric_mean", mean, "ratio", target=wanted)
    for name, found in rates.items():
        if "peak" in found:
            for library in ("matmul", *TARGETS):
                share, least = found[library] / found["peak"], LEAST_OF_PEAK if library == "matmul" else None
                of = "" if library == "matmul" else f"_{library}"
                yield Figure(f"fraction_of_peak{of}/{end}/{name}", share, "of peak", target=least)


def allocations(n: int) -> Iterator[Figure]:
    """The bytes that one call allocates beyond its output and the panels that the threads keep, relative to those.

    tracemalloc sees NumPy's arrays, the panels among them; the compiled kernels make no arrays of their own.
    """
    from reference.matmul_cpu.team import team

    rng = np.random.default_rng(0)
    a, b = rng.random((n, n)), rng.random((n, n))
    matmul(a, b)  # compiles, and makes the panels
    tracemalloc.start()
    product = matmul(a, b)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    threads = team()
    panels = sum(slot.panels.nbytes for slot in (*threads.slots, *threads.helpers))
    extra = (peak - product.nbytes) / (product.nbytes + panels)
    yield Figure(f"allocation/extra/n={n}", extra, "of panels and output", "lower", MOST_EXTRA)
    yield Figure(f"allocation/panels/n={n}", panels / product.nbytes, "of output", "lower")

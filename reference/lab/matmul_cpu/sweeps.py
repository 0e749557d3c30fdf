"""Products timed over their size and over the number of threads, and reads traced through a simulated cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numba
import numpy as np
from numba.core import config

from reference.lab.matmul_cpu.access_trace import ITEM_BYTES, AccessRecorder, misses
from reference.lab.matmul_cpu.rungs import Multiply, product
from reference.shared.machine import machine
from reference.shared.plots.charts import sweep
from reference.shared.plots.style import Picture
from reference.shared.timing.stopwatch import interleaved, matmul_flop

CAPACITIES = (4, 8, 16, 32, 48, 64, 128, 256, 512)  # lines of the simulated caches
LARGE_N = 500  # from here on one run of each is enough, and none is spent on warming up


def record_reads(fn: Multiply, n: int) -> AccessRecorder:
    """Every read that `fn` makes of two n x n lists of rows, "A" and "B"."""
    rng, recorder = np.random.default_rng(n), AccessRecorder()
    rows = rng.random((2, n, n)).tolist()
    fn(recorder.matrix("A", rows[0]), recorder.matrix("B", rows[1]))
    return recorder


def misses_chart(functions: Sequence[Multiply], n: int = 40) -> Picture:
    """Lines that each function fetches for a multiply-add, over the lines that a simulated cache holds.

    The cache drops the line unused for longest. Reads of A and B count, for two n x n matrices.
    """
    missed = {}
    for fn in functions:
        lines = record_reads(fn, n).lines()
        missed[fn.__name__] = {held: misses(lines, held) / n**3 for held in CAPACITIES}
    return sweep(
        missed,
        title="The same work, far fewer lines fetched",
        x_label="lines that the cache holds",
        y_label="lines fetched per multiply-add",
        marks={"a column of B": n, "all of B": n * n * ITEM_BYTES / 64},
    )


@cache
def columns_of_b() -> Multiply:
    """The order i, j, k, compiled: each element of C is the dot product of a row of A and a column of B."""

    @numba.njit
    def dot(x, y):
        total = 0.0
        for p in range(len(x)):
            total += x[p] * y[p]
        return total

    @numba.njit
    def by_columns(a, b):
        c = np.empty((a.shape[0], b.shape[1]), a.dtype)
        for place in range(c.size):
            i, j = divmod(place, c.shape[1])
            c[i, j] = dot(a[i], b[:, j])
        return c

    return by_columns


def sweep_sizes(functions: Mapping[str, Multiply], sizes: Sequence[int]) -> dict[str, dict[int, float]]:
    """Name -> {n: GFLOPS} of n x n products in float64; the functions take turns at each size."""
    swept: dict[str, dict[int, float]] = {name: {} for name in functions}
    for n in sizes:
        calls = {name: product(fn, n) for name, fn in functions.items()}
        repeats, warmup = (3, 1) if n < LARGE_N else (1, 0)
        for name, timing in interleaved(calls, repeats, warmup=warmup).items():
            swept[name][n] = timing.rate(matmul_flop(n, n, n)) / 1e9
    return swept


def size_chart(swept: Mapping[str, Mapping[int, float]], title: str, cores: str) -> Picture:
    """GFLOPS over n, with the sizes at which B fills a cache. cores: "one core", "all cores"."""
    sizes = [n for line in swept.values() for n in line]
    fills = {f"B fills {name}": (size / ITEM_BYTES) ** 0.5 for name, size in machine().caches.items()}
    marks = {name: n for name, n in fills.items() if min(sizes) <= n <= max(sizes)}
    lines: dict[str, dict[float, float]] = {name: {**line} for name, line in swept.items()}
    return sweep(lines, title=title, x_label="n", y_label=f"GFLOPS, {cores}", marks=marks)


def thread_gain(fn: Multiply, n: int, threads: int) -> float:
    """The speed-up of `fn` on `threads` threads over one, for n x n matrices; medians, in turns."""
    multiply = product(fn, n)

    def on(count: int) -> Callable[[], Any]:
        def job() -> None:
            numba.set_num_threads(count)
            multiply()

        return job

    try:
        timed = interleaved({str(count): on(count) for count in sorted({1, threads})}, 3)
    finally:
        numba.set_num_threads(threads)
    return timed["1"].seconds / timed[str(threads)].seconds


def most_threads() -> int:
    """As many threads as numba may use here: one for each core."""
    return min(machine().cores, config.NUMBA_NUM_THREADS)  # pyright: ignore[reportAttributeAccessIssue]

"""The measured figures that the slides of lecture 01 quote."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reference.benchmarks.matmul_cpu.figures import ladder_columns, recorded_bench


def quotes(record: Mapping[str, Any]) -> list[str]:
    """The ladder in Leiserson's columns, from the benchmark; the machine and the two rates of the lecture's record."""
    rates = {name: f"{rate / 1e9:.3g} GFLOPS" for name, rate in record["denormal"].items()}
    return [
        str(ladder_columns(recorded_bench())),
        f"measured on {record['date']}: {record['machine']}",
        *(f"{name}: {rate}" for name, rate in rates.items()),
    ]


def slide_quotes(record: Mapping[str, Any], bench: Mapping[str, float]) -> list[str]:
    """Return the phrases with measured numbers that lecture 01 and its notes must contain word for word.

    record: the lecture's record. bench: the figures of the benchmark's record, rates in GFLOPS.
    """
    rate = {name.split("/")[1]: value for name, value in bench.items() if name.endswith("/gflops")}
    peak, core = bench["peak/float64"], bench["peak/float64/threads=1"]
    step = 2 / rate["python_loops"]  # nanoseconds for a multiply-add
    share = {name: f"{100 * value / peak:.0f} %" for name, value in rate.items()}
    slow, fast = (record["order"][order]["720"] for order in ("i, j, k", "i, k, j"))
    normal, denormal = (record["denormal"][name] for name in ("normal numbers", "denormal products"))
    versus = "float32/threads=2"
    numpy, torch = (bench[f"ratio_{name}/{versus}/geometric_mean"] for name in ("numpy", "torch"))
    small, power = (bench[f"ratio_numpy/{versus}/n={n}"] for n in (500, 512))
    cache = record["caches"]["L3"]
    loops, halves = rate["numba_parallel"], rate["divide_and_conquer"]
    return [
        f"{round(rate['matmul'] / rate['python_loops'], -2):.0f} times as fast, {share['matmul']} of the peak",
        f"microkernel reaches {share['microkernel']} of the peak, matmul {share['matmul']}",
        f"The machine of these slides reaches {core:.1f}.",
        f"the interpreter takes {step:.0f} ns per multiply-add",
        f"{step:.0f} ns: 2 FLOP at {rate['python_loops']:.3g} GFLOPS",
        f"{round(step * core / 2, -2):.0f} multiply-adds: {step:.0f} ns * {core:.1f} GFLOPS / 2",
        f"**{rate['python_reordered'] / rate['python_loops']:.2f} times** as fast",
        f"the order is worth {fast / slow:.1f}× at n = 720",
        f"on 18 cores, {halves / loops:.2f}× on 2",
        f"n = {bench['ladder/numba_parallel/timed_at_n']:.0f}: {loops:.2f} and {halves:.1f} GFLOPS",
        f"an L3 of {cache / 2**20:.2f} MiB that holds B up to n = {math.isqrt(cache // 8)}",
        f"{numpy:.2f} of NumPy's rate and {torch:.2f} of PyTorch's",
        f"At n = 500 matmul reaches {small:.2f} of NumPy, at n = 512 {power:.1f} times",
        f"the same loop runs {normal / denormal:.0f}× slower",
    ]

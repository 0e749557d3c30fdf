"""The measurements behind the pictures of lecture 01; `figures.py` draws them.

python -m reference.benchmarks.lecture matmul_cpu       about a minute; keep the machine quiet
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from reference.lab.matmul_cpu.sweeps import columns_of_b
from reference.shared.machine import machine
from reference.shared.timing.stopwatch import interleaved, matmul_flop, measure_bandwidth, measure_peak

ORDER_SIZES = (16, 32, 64, 128, 256, 362, 500, 512, 720)
TINY = 1e-160  # the product of two such numbers is denormal in float64


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Everything the pictures need, in FLOP/s, bytes/s and sizes; takes about half a minute."""
    here, cores = machine(), machine().cores
    record: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": str(here),
        "cores": cores,
        "vector": here.vector,
        "caches": here.caches,
    }
    say("peaks and bandwidths")
    record["peak"] = {str(count): measure_peak(np.float64, count) for count in sorted({1, cores})}
    record["bandwidth"] = {
        level: measure_bandwidth(cores, working_set=size // 2 * (1 if level == "L3" else cores))
        for level, size in here.caches.items()
    }
    record["bandwidth"]["memory"] = measure_bandwidth(cores)
    say("the order of the loops")
    record["order"] = _sweep({"i, j, k": columns_of_b(), "i, k, j": _rung("numba_loops")}, ORDER_SIZES)
    say("denormal numbers")
    record["denormal"] = _denormal()
    return record


def _rung(name: str) -> Callable[..., Any]:
    import reference.matmul_cpu as unit

    return getattr(unit, name)


def _sweep(functions: dict[str, Callable[..., Any]], sizes: Iterable[int]) -> dict[str, dict[str, float]]:
    rates: dict[str, dict[str, float]] = {name: {} for name in functions}
    for n in sizes:
        a, b = _operands(n)
        repeats, warmup = (5, 1) if n < 600 else (1, 0)
        calls = {name: _call(fn, a, b) for name, fn in functions.items()}
        for name, timing in interleaved(calls, repeats, warmup=warmup).items():
            rates[name][str(n)] = timing.rate(matmul_flop(n, n, n))
    return rates


def _denormal() -> dict[str, float]:
    n, loops = 256, _rung("numba_loops")
    a, b = _operands(n)
    tiny_a, tiny_b = a * TINY, b * TINY
    calls = {"normal numbers": _call(loops, a, b), "denormal products": _call(loops, tiny_a, tiny_b)}
    return {name: timing.rate(matmul_flop(n, n, n)) for name, timing in interleaved(calls, 5).items()}


def _operands(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    return rng.random((n, n)), rng.random((n, n))


def _call(fn: Callable[..., Any], a: Any, b: Any) -> Callable[[], Any]:
    return lambda: fn(a, b)

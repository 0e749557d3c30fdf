"""The measurements behind the pictures of lecture 01, kept as a record so that the pictures can be drawn
anywhere.

    python -m reference.benchmarks.matmul_cpu_lecture            measure this machine (about a minute,
    quiet) and draw python -m reference.benchmarks.matmul_cpu_lecture --draw     draw again from the record
    python -m reference.benchmarks.matmul_cpu_lecture --table    print the ladder in Leiserson's columns,
    Markdown

The pictures themselves are in `matmul_cpu_figures.py`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from reference.machine import machine
from reference.measure import interleaved, matmul_flop, measure_bandwidth, measure_peak, time_calls

RECORD = Path(__file__).with_name("records") / "matmul_cpu_lecture.json"
LADDER_N = 2048
LIST_N = 128  # for the two rungs over lists
ORDER_SIZES = (16, 32, 64, 128, 256, 362, 500, 512, 720)
RECURSION_SIZES = (128, 256, 512, 1024, 1536)
LIBRARY_SIZES = (128, 256, 500, 512, 1000, 1024, 2048)
TINY = 1e-160  # the product of two such numbers is denormal in float64


def measure(say: Callable[[str], None] = print) -> dict[str, Any]:
    """Everything the pictures need, in FLOP/s, bytes/s and sizes; takes about a minute."""
    here, cores = machine(), machine().cores
    record: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": str(here),
        "cores": cores,
        "vector": here.vector,
        "caches": here.caches,
        "n": LADDER_N,
    }
    say("peaks and bandwidths")
    record["peak64"] = {str(count): measure_peak(np.float64, count) for count in sorted({1, cores})}
    record["peak32"] = {str(count): measure_peak(np.float32, count) for count in sorted({1, cores})}
    record["bandwidth"] = {
        level: measure_bandwidth(cores, working_set=size // 2 * (1 if level == "L3" else cores))
        for level, size in here.caches.items()
    }
    record["bandwidth"]["memory"] = measure_bandwidth(cores)
    say("the ladder")
    record["ladder"] = _ladder()
    say("the order of the loops")
    record["order"] = _sweep({"i, j, k": columns_of_b(), "i, k, j": _rung("numba_loops")}, ORDER_SIZES)
    say("recursion")
    record["recursion"] = _sweep(
        {name: _rung(name) for name in ("numba_parallel", "divide_and_conquer")}, RECURSION_SIZES
    )
    say("the libraries")
    record["libraries"] = _libraries()
    say("denormal numbers")
    record["denormal"] = _denormal()
    return record


def load() -> dict[str, Any]:
    """The committed record. Raises FileNotFoundError with the command that makes it."""
    if not RECORD.exists():
        command = "python -m reference.benchmarks.matmul_cpu_lecture"
        raise FileNotFoundError(f"{RECORD.name} is missing; to make it: {command}")
    return json.loads(RECORD.read_text(encoding="utf-8"))


def columns_of_b() -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """The order that the ladder leaves behind, compiled: i, j, k, down the columns of b. (m, k) @ (k, n)."""
    import numba

    @numba.njit
    def kernel(a, b):
        c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
        for i in range(a.shape[0]):
            for j in range(b.shape[1]):
                total = 0.0
                for p in range(a.shape[1]):
                    total += a[i, p] * b[p, j]
                c[i, j] = total
        return c

    return kernel


def _rung(name: str) -> Callable[..., Any]:
    import reference.matmul_cpu as unit

    return getattr(unit, name)


def _ladder() -> dict[str, float]:
    rates = {}
    for name in ("python_loops", "python_reordered"):
        a, b = (x.tolist() for x in _operands(LIST_N))
        rates[name] = time_calls(_call(_rung(name), a, b), repeats=5).rate(matmul_flop(*[LIST_N] * 3))
    a, b = _operands(LADDER_N)
    for name, repeats in (
        ("numba_loops", 1),
        ("numba_parallel", 1),
        ("divide_and_conquer", 3),
        ("register_blocked", 5),
        ("microkernel", 9),
        ("matmul", 9),
    ):
        compiled = _call(_rung(name), *_operands(64))
        compiled()
        timing = time_calls(_call(_rung(name), a, b), repeats=repeats, warmup=int(repeats > 1))
        rates[name] = timing.rate(matmul_flop(*[LADDER_N] * 3))
    return rates


def _sweep(functions: dict[str, Callable[..., Any]], sizes: Iterable[int]) -> dict[str, dict[str, float]]:
    rates: dict[str, dict[str, float]] = {name: {} for name in functions}
    for n in sizes:
        a, b = _operands(n)
        repeats, warmup = (5, 1) if n < 600 else (1, 0)
        calls = {name: _call(fn, a, b) for name, fn in functions.items()}
        for name, timing in interleaved(calls, repeats, warmup=warmup).items():
            rates[name][str(n)] = timing.rate(matmul_flop(n, n, n))
    return rates


def _libraries() -> dict[str, dict[str, float]]:
    import torch

    matmul = _rung("matmul")
    rates: dict[str, dict[str, float]] = {"matmul": {}, "NumPy": {}, "PyTorch": {}}
    for n in LIBRARY_SIZES:
        a, b = _operands(n, np.float32)
        x, y = torch.from_numpy(a), torch.from_numpy(b)
        calls = {
            "matmul": _call(matmul, a, b),
            "NumPy": _call(np.matmul, a, b),
            "PyTorch": _call(torch.matmul, x, y),
        }
        for name, timing in interleaved(calls, 11).items():
            rates[name][str(n)] = timing.rate(matmul_flop(n, n, n))
    return rates


def _denormal() -> dict[str, float]:
    n, loops = 256, _rung("numba_loops")
    a, b = _operands(n)
    tiny_a, tiny_b = a * TINY, b * TINY
    calls = {"normal numbers": _call(loops, a, b), "denormal products": _call(loops, tiny_a, tiny_b)}
    return {name: timing.rate(matmul_flop(n, n, n)) for name, timing in interleaved(calls, 5).items()}


def _operands(n: int, dtype: Any = np.float64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    return rng.random((n, n)).astype(dtype), rng.random((n, n)).astype(dtype)


def _call(fn: Callable[..., Any], a: Any, b: Any) -> Callable[[], Any]:
    return lambda: fn(a, b)


def main() -> None:
    from reference.benchmarks import matmul_cpu_figures as figures

    parser = argparse.ArgumentParser(prog="python -m reference.benchmarks.matmul_cpu_lecture")
    parser.add_argument("--draw", action="store_true", help="only draw, from the record")
    parser.add_argument("--table", action="store_true", help="only print the ladder, from the record")
    choice = parser.parse_args()
    if not (choice.draw or choice.table):
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
    if choice.table:
        print(figures.table(load()))
    else:
        for path in figures.draw(load()):
            print(path.name)


if __name__ == "__main__":
    main()

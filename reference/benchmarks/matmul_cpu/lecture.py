"""The measurements behind the pictures of lecture 01, kept as a record: the pictures can be drawn anywhere.

    python -m reference.benchmarks.matmul_cpu.lecture            measure (a minute; keep the machine quiet), draw
    python -m reference.benchmarks.matmul_cpu.lecture --draw     draw again from the record
    python -m reference.benchmarks.matmul_cpu.lecture --table    print the ladder in Leiserson's columns

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

from reference.lab.matmul_cpu.sweeps import columns_of_b
from reference.shared.machine import machine
from reference.shared.timing.stopwatch import interleaved, matmul_flop, measure_bandwidth, measure_peak

RECORDS = Path(__file__).resolve().parents[1] / "records"
RECORD, BENCH = RECORDS / "matmul_cpu_lecture.json", RECORDS / "matmul_cpu.json"
BENCH_COMMAND = "./mlsys bench matmul_cpu --json reference/benchmarks/records/matmul_cpu.json"
ORDER_SIZES = (16, 32, 64, 128, 256, 362, 500, 512, 720)
TINY = 1e-160  # the product of two such numbers is denormal in float64


def measure(say: Callable[[str], None] = print) -> dict[str, Any]:
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


def load() -> tuple[dict[str, Any], dict[str, float]]:
    """The committed records: this module's, and the benchmark's figures by name.

    Raises FileNotFoundError with the command that makes the missing one.
    """
    for path, command in (
        (RECORD, "python -m reference.benchmarks.matmul_cpu.lecture"),
        (BENCH, BENCH_COMMAND),
    ):
        if not path.exists():
            raise FileNotFoundError(f"{path.name} is missing; to make it: {command}")
    bench = json.loads(BENCH.read_text(encoding="utf-8"))
    figures = {figure["name"]: figure["value"] for figure in bench["figures"]}
    return json.loads(RECORD.read_text(encoding="utf-8")), figures


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


def main() -> None:
    from reference.benchmarks.matmul_cpu import figures

    parser = argparse.ArgumentParser(prog="python -m reference.benchmarks.matmul_cpu.lecture")
    parser.add_argument("--draw", action="store_true", help="only draw, from the record")
    parser.add_argument("--table", action="store_true", help="only print the ladder, from the record")
    choice = parser.parse_args()
    if not (choice.draw or choice.table):
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
    try:
        record, bench = load()
    except FileNotFoundError as error:
        raise SystemExit(str(error)) from None
    if choice.table:
        print(figures.table(bench))
    else:
        for path in figures.draw(record, bench):
            print(path.name)


if __name__ == "__main__":
    main()

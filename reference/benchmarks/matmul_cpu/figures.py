"""The pictures of lecture 01 and of the README, drawn from the records of the lecture and of the benchmark.

`record` is what `lecture.measure` makes, `bench` the figures of the benchmark by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reference.benchmarks.report import load_bench
from reference.lab.matmul_cpu import drawings
from reference.lab.matmul_cpu.access_trace import Recorder, misses
from reference.matmul_cpu import python_loops, python_reordered
from reference.shared.plots.charts import ladder, roofline, sweep
from reference.shared.plots.style import Picture, scaled
from reference.shared.plots.tables import Table, ladder_table

SLIDES = Path(__file__).resolve().parents[3] / "slides" / "figures"
TRACED_N, MISSES_N = 16, 40
CAPACITIES = (4, 8, 16, 32, 48, 64, 128, 256, 512)
# Bytes that the innermost loop asks for, for each multiply-add in float64; 2 FLOP each. See the slides.
WORD = 8
BYTES_PER_FMA = {
    "python_loops": 2 * WORD,
    "python_reordered": 3 * WORD,
    "numba_loops": 3 * WORD,
    "numba_parallel": 3 * WORD,
    "divide_and_conquer": 3 * WORD,
    "register_blocked": 0.75 * WORD,
    "microkernel": (8 + 24) / (8 * 24) * WORD,  # a tile of 8 x 24: AVX-512
}


def draw(
    record: Mapping[str, Any], folder: Path = SLIDES, bench: Mapping[str, float] | None = None
) -> list[Path]:
    """Write every picture to `folder` as 01_NAME.svg; returns the paths. Without `bench`, the committed one."""
    bench = recorded_bench() if bench is None else bench
    return [picture.save(folder / f"01_{name}.svg") for name, picture in pictures(record, bench).items()]


def pictures(record: Mapping[str, Any], bench: Mapping[str, float]) -> dict[str, Picture]:
    """Name -> picture, with letters for a wall."""
    with scaled(0.8):
        charts = {
            "ladder": the_ladder(bench),
            "misses": missed(),
            "order": order(record),
            "amdahl": amdahl(),
            "recursion": recursion(record),
            "roofline": the_roofline(record, bench),
            "libraries": libraries(bench),
            "tile": drawings.register_tile(8, 48, 16),
        }
    with scaled(0.62):
        narrow = {"denormal": denormal(record)}
    return {
        **charts,
        **narrow,
        "access": access(),
        "tile_costs": drawings.tile_costs(16, mark=(8, 48)),
        "packing": drawings.packing(),
        "blocks": drawings.goto_blocks(),
    }


def recorded_bench() -> dict[str, float]:
    """The figures of the committed benchmark by name. Raises FileNotFoundError with the command that makes them."""
    return {figure.name: figure.value for figure in load_bench("matmul_cpu").figures}


def rates(bench: Mapping[str, float]) -> dict[str, float]:
    """Rung -> FLOP/s in float64, of the ladder in the benchmark's figures."""
    found = [name.split("/") for name in bench if name.startswith("ladder/") and name.endswith("/gflops")]
    return {rung: 1e9 * bench[f"ladder/{rung}/gflops"] for _, rung, _ in found}


def smaller(bench: Mapping[str, float]) -> list[str]:
    """The rungs that were timed at a smaller n than the last one."""
    sizes = {rung: bench[f"ladder/{rung}/timed_at_n"] for rung in rates(bench)}
    return [rung for rung, n in sizes.items() if n < max(sizes.values())]


def ladder_columns(bench: Mapping[str, float]) -> Table:
    """The ladder in Leiserson's columns at n = 4096."""
    return ladder_table(rates(bench), peak=1e9 * bench["peak/float64"], n=4096, marked=smaller(bench))


def the_ladder(bench: Mapping[str, float]) -> Picture:
    return ladder(rates(bench), peak=1e9 * bench["peak/float64"], marked=smaller(bench))


def the_roofline(record: Mapping[str, Any], bench: Mapping[str, float]) -> Picture:
    points = {name: (2 / size, rates(bench)[name]) for name, size in BYTES_PER_FMA.items()}
    peaks = {f"{count} core{'s' * (count != '1')}": rate for count, rate in record["peak"].items()}
    title = "Only tiles move a point right, to where the peak can be reached"
    return roofline(points, peaks, record["bandwidth"], title=title)


def order(record: Mapping[str, Any]) -> Picture:
    lines = _gflops(record["order"])
    last = max(lines["i, k, j"])
    gain = lines["i, k, j"][last] / lines["i, j, k"][last]
    title = f"Compiled, the order is worth {gain:.1f}× at n = {last}"
    marks = _fills(record, "L1", "L2")
    return sweep(lines, title=title, x_label="n", y_label="GFLOPS, one core", marks=marks)


def recursion(record: Mapping[str, Any]) -> Picture:
    lines = _gflops(record["recursion"])
    last = max(lines["divide_and_conquer"])
    gain = lines["divide_and_conquer"][last] / lines["numba_parallel"][last]
    title = f"At n = {last} recursion is worth {gain:.1f}×"
    marks = _fills(record, "L2", "L3")
    return sweep(lines, title=title, x_label="n", y_label=f"GFLOPS, {record['cores']} cores", marks=marks)


def libraries(bench: Mapping[str, float]) -> Picture:
    """GFLOP/s of square products in float32 with as many threads as were measured."""
    threads = max(int(name.split("threads=")[1].split("/")[0]) for name in bench if name.startswith("rate/"))
    start = f"rate/float32/threads={threads}/n="
    ours = {float(name[len(start) :]): rate for name, rate in bench.items() if name.startswith(start)}
    lines: dict[str, dict[float, float]] = {"matmul": ours}
    for label, library in (("NumPy", "numpy"), ("PyTorch", "torch")):
        ratios = {n: bench[f"ratio_{library}/float32/threads={threads}/n={n:.0f}"] for n in ours}
        lines[label] = {n: rate / ratios[n] for n, rate in ours.items()}
    means = [bench[f"ratio_{name}/float32/threads={threads}/geometric_mean"] for name in ("numpy", "torch")]
    title = f"matmul runs at {means[0]:.2f} of NumPy and {means[1]:.2f} of PyTorch in the mean"
    peak, y_label = bench["peak/float32"], f"GFLOPS in float32, {threads} threads"
    return sweep(lines, title=title, x_label="n", y_label=y_label, levels={f"peak {peak:.0f}": peak})


def denormal(record: Mapping[str, Any]) -> Picture:
    found = record["denormal"]
    slow, fast = found["denormal products"], found["normal numbers"]
    title = f"The same loop, {fast / slow:.0f}× slower on numbers near zero"
    return ladder({"denormal products": slow, "normal numbers": fast}, peak=record["peak"]["1"], title=title)


def amdahl() -> Picture:
    cores = [2**power for power in range(9)]
    lines: dict[str, dict[float, float]] = {
        f"f = {f}": {p: 1 / ((1 - f) + f / p) for p in cores} for f in (0.999, 0.99, 0.95, 0.9, 0.5)
    }
    title = "One percent of serial work caps 256 cores at 72×"
    return sweep(lines, title=title, x_label="cores p", y_label="speed-up S", log_y=True)


def access() -> Picture:
    traces = {fn.__name__: _record(fn, TRACED_N) for fn in (python_loops, python_reordered)}
    return drawings.access_pattern(traces, row_height=2.35)


def missed() -> Picture:
    lines = {fn.__name__: _record(fn, MISSES_N).lines() for fn in (python_loops, python_reordered)}
    counts: dict[str, dict[float, float]] = {
        name: {size: misses(order, size) / MISSES_N**3 for size in CAPACITIES}
        for name, order in lines.items()
    }
    return sweep(
        counts,
        title="The same work, far fewer lines fetched",
        x_label="lines that the cache holds (simulated, n = 40)",
        y_label="lines per multiply-add",
        marks={"a column of B": MISSES_N, "all of B": MISSES_N**2 * WORD / 64},
    )


def _record(fn, n: int) -> Recorder:
    recorder = Recorder()
    rows = [[float(i * n + j) for j in range(n)] for i in range(n)]
    fn(recorder.matrix("A", rows), recorder.matrix("B", rows))
    return recorder


def _fills(record: Mapping[str, Any], *levels: str) -> dict[str, float]:
    """Label -> the n at which an n x n matrix of float64 is as large as the cache."""
    return {f"B fills {level}": (record["caches"][level] / WORD) ** 0.5 for level in levels}


def _gflops(series: Mapping[str, Mapping[str, float]]) -> dict[str, dict[float, float]]:
    return {name: {int(n): rate / 1e9 for n, rate in line.items()} for name, line in series.items()}

"""The pictures of lecture 01 and of the README, drawn from the records of the lecture and of the benchmark.

`record` is what `lecture.measure` makes, `bench` the figures of the benchmark by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reference.benchmarks.report import load_bench
from reference.lab.matmul_cpu import drawings
from reference.lab.matmul_cpu.access_trace import AccessRecorder, misses
from reference.matmul_cpu import python_loops, python_reordered
from reference.shared.plots.charts import ladder, roofline, sweep
from reference.shared.plots.style import PALETTE, Picture, headline, new_figure, on_slide, styled, times
from reference.shared.plots.tables import Table, ladder_table

SLIDES = Path(__file__).resolve().parents[3] / "slides" / "figures"
EARLIER = Path(__file__).resolve().parents[1] / "records" / "napkin_lecture.json"
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
# Steps of both ladders: the rungs before and after in ours, and the gain in Table 1 of Leiserson et al. (Science
# 2020), from its seconds.
STEPS = {
    "compiled": ("python_loops", "numba_loops", 25_552.48 / 542.67),
    "all cores": ("numba_loops", "numba_parallel", 542.67 / 69.80),
    "divide and conquer": ("numba_parallel", "divide_and_conquer", 69.80 / 3.80),
    "vectors, registers": ("divide_and_conquer", "microkernel", 3.80 / 0.41),
}
LEISERSON_CORES = 18


def draw(
    record: Mapping[str, Any], folder: Path = SLIDES, bench: Mapping[str, float] | None = None
) -> list[Path]:
    """Write every picture to `folder` as 01_NAME.svg; returns the paths. Without `bench`, the committed one."""
    bench = recorded_bench() if bench is None else bench
    return [picture.save(folder / f"01_{name}.svg") for name, picture in pictures(record, bench).items()]


def pictures(record: Mapping[str, Any], bench: Mapping[str, float]) -> dict[str, Picture]:
    """Name -> picture, each as high as its slide has room for."""
    drawn = {
        "ladder": (460, lambda: the_ladder(bench)),
        "access": (510, access),
        "misses": (425, missed),
        "order": (485, lambda: order(record)),
        "amdahl": (410, amdahl),
        "halving": (400, lambda: halving(record)),
        "gains": (450, lambda: gains(record, bench)),
        "tile": (510, lambda: drawings.register_tile(8, 48, 16)),
        "tile_costs": (410, lambda: drawings.tile_costs(16, mark=(8, 48))),
        "packing": (430, drawings.packing),
        "blocks": (400, drawings.goto_blocks),
        "roofline": (485, lambda: the_roofline(record, bench)),
        "libraries": (460, lambda: libraries(bench)),
        "denormal": (220, lambda: denormal(record, bench)),
    }
    found = {}
    for name, (height, picture) in drawn.items():
        with on_slide(height):
            found[name] = picture()
    return found


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
    peaks, bandwidths = limits(record, bench)
    title = "Only tiles move a point right, to where the peak can be reached"
    return roofline(points, peaks, bandwidths, title=title)


def limits(
    record: Mapping[str, Any], bench: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """(peaks in FLOP/s, bandwidths in bytes/s): the most that any record of this machine has seen.

    Noise only ever makes a run slower, so a limit is at least what any run has reached. The peak is the higher one
    of the two records. A level of memory delivers at least what the level behind it does, and L1 at least what a
    rung asks for. Levels of the same bandwidth share a line.
    """
    benched = {"1": bench["peak/float64/threads=1"], str(record["cores"]): bench["peak/float64"]}
    peaks = {
        f"{count} core{'s' * (count != '1')}": max(rate, 1e9 * benched[count])
        for count, rate in record["peak"].items()
    }
    least = {
        "memory": _streamed_before(record),
        "L1": max(rates(bench)[name] / 2 * size for name, size in BYTES_PER_FMA.items()),
    }
    behind, lines = 0.0, {}
    for level, rate in reversed(record["bandwidth"].items()):
        behind = max(behind, rate, least.get(level, 0.0))
        lines.setdefault(behind, []).insert(0, level)
    return peaks, {", ".join(levels): rate for rate, levels in reversed(lines.items())}


def _streamed_before(record: Mapping[str, Any]) -> float:
    """Bytes/s from memory in the record of lecture 00, or 0 where that is of another machine."""
    before = json.loads(EARLIER.read_text(encoding="utf-8"))
    return before["bandwidth"] if before["machine"] == record.get("machine") else 0.0


def order(record: Mapping[str, Any]) -> Picture:
    lines = _gflops(record["order"])
    last = max(lines["i, k, j"])
    gain = lines["i, k, j"][last] / lines["i, j, k"][last]
    title = f"Compiled, the order is worth {gain:.1f}× at n = {last}"
    marks = _fills(record, "L1", "L2")
    return sweep(lines, title=title, x_label="n", y_label="GFLOPS, one core", marks=marks)


def halving(record: Mapping[str, Any]) -> Picture:
    """Bytes of three square blocks of float64, over their side: halving passes under every cache."""
    line: dict[float, float] = {side: 3 * side**2 * WORD / 2**20 for side in (2**p for p in range(5, 13))}
    levels = {f"{name} of a core": record["caches"][name] / 2**20 for name in ("L1", "L2")}
    levels["L3"] = record["caches"]["L3"] / 2**20
    return sweep(
        {"three blocks": line},
        title="At some depth of the recursion three blocks fit each cache",
        x_label="side of a block: halved at each step",
        y_label="MiB of three blocks",
        levels=levels,
        log_y=True,
    )


@styled
def gains(record: Mapping[str, Any], bench: Mapping[str, float]) -> Picture:
    """The gain of each step of the ladder on Leiserson's machine, and on the one of the record."""
    found = rates(bench)
    here = {step: found[after] / found[before] for step, (before, after, _) in STEPS.items()}
    there = {step: gain for step, (_, _, gain) in STEPS.items()}
    figure, axes = new_figure(9.2, 4.4)
    machines = (
        (f"{LEISERSON_CORES} cores (Leiserson)", there, 1),
        (f"{record['cores']} cores (here)", here, 0),
    )
    for number, (label, steps, colour) in enumerate(machines):
        rows = [row + 0.19 * (2 * number - 1) for row in range(len(steps))]
        axes.barh(rows, list(steps.values()), height=0.36, color=PALETTE[colour], label=label)
        for row, gain in zip(rows, steps.values(), strict=True):
            spot = {"xytext": (5, 0), "textcoords": "offset points", "va": "center"}
            axes.annotate(times(gain), (gain, row), **spot)
    axes.set_yticks(range(len(STEPS)), list(STEPS))
    axes.tick_params(axis="y", colors="black", length=0)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(1, 2 * max(*here.values(), *there.values()))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}×")
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("times as fast as the step before (log scale)")
    figure.legend(loc="outside right center")
    step = "divide and conquer"
    title = f"Divide and conquer gains {times(there[step])} on {LEISERSON_CORES} cores, "
    title += f"{times(here[step])} on {record['cores']}"
    headline(figure, title)
    told = "; ".join(f"{name}: {times(there[name])} and {times(here[name])}" for name in STEPS)
    return Picture(figure, f"{title}. {told}.")


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


def denormal(record: Mapping[str, Any], bench: Mapping[str, float]) -> Picture:
    found, peak = record["denormal"], limits(record, bench)[0]["1 core"]
    slow, fast = found["denormal products"], found["normal numbers"]
    title = f"The same loop, {fast / slow:.0f}× slower on numbers near zero"
    return ladder({"denormal products": slow, "normal numbers": fast}, peak=peak, title=title)


def amdahl() -> Picture:
    cores = [2**power for power in range(9)]
    lines: dict[str, dict[float, float]] = {
        f"f = {f}": {p: 1 / ((1 - f) + f / p) for p in cores} for f in (0.999, 0.99, 0.95, 0.9, 0.5)
    }
    title = "One percent of serial work caps 256 cores at 72×"
    return sweep(lines, title=title, x_label="cores p", y_label="speed-up S", log_y=True)


def access() -> Picture:
    traces = {fn.__name__: _record(fn, TRACED_N) for fn in (python_loops, python_reordered)}
    return drawings.access_pattern(traces)


def missed() -> Picture:
    lines = {fn.__name__: _record(fn, MISSES_N).lines() for fn in (python_loops, python_reordered)}
    counts: dict[str, dict[float, float]] = {
        name: {size: misses(order, size) / MISSES_N**3 for size in CAPACITIES}
        for name, order in lines.items()
    }
    return sweep(
        counts,
        title="Along the rows a product fetches 1/8 of the lines, when B does not fit",
        x_label="lines that the simulated cache holds",
        y_label="lines per multiply-add",
        marks={"a column of B": MISSES_N, "all of B": MISSES_N**2 * WORD / 64},
    )


def _record(fn, n: int) -> AccessRecorder:
    recorder = AccessRecorder()
    rows = [[float(i * n + j) for j in range(n)] for i in range(n)]
    fn(recorder.matrix("A", rows), recorder.matrix("B", rows))
    return recorder


def _fills(record: Mapping[str, Any], *levels: str) -> dict[str, float]:
    """Label -> the n at which an n x n matrix of float64 is as large as the cache."""
    return {f"B fills {level}": (record["caches"][level] / WORD) ** 0.5 for level in levels}


def _gflops(series: Mapping[str, Mapping[str, float]]) -> dict[str, dict[float, float]]:
    return {name: {int(n): rate / 1e9 for n, rate in line.items()} for name, line in series.items()}

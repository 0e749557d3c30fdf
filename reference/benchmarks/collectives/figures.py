"""The pictures of lecture 03, drawn from the records of the lecture and of the benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from reference.benchmarks.report import Report, load_bench
from reference.collectives import crossover, predict
from reference.lab.collectives.measuring import effective_gpus
from reference.shared.plots.charts import sweep
from reference.shared.plots.style import Picture, on_slide, three_digits

SLIDES = Path(__file__).resolve().parents[3] / "slides" / "figures"
CLUSTER = (5e-6, 8 / 100e9)  # alpha 5 µs, 100 Gbit/s: the cluster of the slides
PAPER = (2**30, 3e-6, 1 / (450 * 2**30))  # 1 GiB, 3 µs, 450 GiB/s: the parameters of the authors of StragglAR
KIB = 2**10
SHOWN = 128  # bytes of the smallest vector in a picture: shorter ones take as long
HEIGHTS = {"late": 290}  # pixels of a picture below text; the others have 400


def draw(record: Mapping[str, Any], folder: Path = SLIDES) -> list[Path]:
    """Write every picture to `folder` as 03_NAME.svg; returns the paths."""
    return [picture.save(folder / f"03_{name}.svg") for name, picture in pictures(record).items()]


def pictures(record: Mapping[str, Any]) -> dict[str, Picture]:
    """Name -> picture, each as high as its slide has room for."""
    drawn = {
        "messages": lambda: messages(record),
        "measured": lambda: measured(record),
        "cluster": cluster,
        "ranks": ranks,
        "late": lambda: late(record),
        "straggler": straggler,
        "window": lambda: window(load_bench("collectives")),
    }
    found = {}
    for name, picture in drawn.items():
        with on_slide(HEIGHTS.get(name, 400)):
            found[name] = picture()
    return found


def messages(record: Mapping[str, Any]) -> Picture:
    """Medians of messages, and the fitted line."""
    times: dict[float, list[float]] = {}
    for size, seconds in zip(record["messages"]["bytes"], record["messages"]["seconds"], strict=True):
        if size >= SHOWN:
            times.setdefault(size / KIB, []).append(1e6 * seconds)
    fit = record["fit"]
    lines = {
        "median of the messages": {size: median(each) for size, each in times.items()},
        "α + β · bytes": {size: 1e6 * (fit["alpha"] + fit["beta"] * size * KIB) for size in times},
    }
    title = f"A message takes {three_digits(1e6 * fit['alpha'])} µs and {three_digits(1e9 * fit['beta'])} ns a byte"
    return sweep(lines, title=title, x_label="KiB of the message", y_label="µs", log_y=True)


def measured(record: Mapping[str, Any]) -> Picture:
    """Every all-reduce over the bytes of the vector."""
    lines = {
        name: {int(size) / KIB: 1e6 * seconds for size, seconds in line.items() if int(size) >= SHOWN}
        for name, line in record["all_reduces"].items()
    }
    smallest = min(next(iter(lines.values())))
    best = min(lines, key=lambda name: lines[name][smallest])
    title = f"For {smallest * KIB:g} bytes, {best} is the fastest on {record['ranks']} ranks"
    return sweep(
        lines, title=title, x_label="KiB of the vector", y_label="µs for each all-reduce", log_y=True
    )


def cluster() -> Picture:
    """Predictions on 64 ranks of a cluster."""
    sizes = [float(SHOWN * 4**k) for k in range(9)]
    names = {"ring": "ring_all_reduce", "doubling": "recursive_doubling", "rabenseifner": "rabenseifner"}
    lines = {
        short: {size / KIB: 1e6 * predict(name, 64, size, *CLUSTER) for size in sizes}
        for short, name in names.items()
    }
    same = crossover(64, *CLUSTER)
    title = f"On 64 ranks the ring overtakes doubling at {same / 1000:.0f} kB"
    return sweep(
        lines,
        title=title,
        x_label="KiB of the vector",
        y_label="predicted µs",
        log_y=True,
        marks={"ring = doubling": same / KIB},
    )


def ranks() -> Picture:
    """Predictions for ResNet-50's gradients over the number of ranks."""
    counts = [2**k for k in range(1, 11)]
    size = 102e6
    names = {"ring": "ring_all_reduce", "doubling": "recursive_doubling", "rabenseifner": "rabenseifner"}
    lines = {
        short: {float(p): 1e3 * predict(name, p, size, *CLUSTER) for p in counts}
        for short, name in names.items()
    }
    lines["through rank 0"] = {float(p): 1e3 * 2 * (p - 1) * (CLUSTER[0] + size * CLUSTER[1]) for p in counts}
    title = "The ring's bytes do not grow with the ranks; those of rank 0 do"
    return sweep(lines, title=title, x_label="ranks", y_label="predicted ms for 102 MB", log_y=True)


def late(record: Mapping[str, Any]) -> Picture:
    """Effective GPUs of 4 over the lateness of one: measured, and the formula."""
    compute = record["compute"]
    delays = [float(each) for each in record["late"] if float(each)]
    lines = {
        "measured": {1e3 * each: 4 * compute / record["late"][str(each)] for each in delays},
        "p c / (c + d)": {1e3 * each: effective_gpus(4, compute, each) for each in delays},
    }
    worst = lines["measured"][1e3 * delays[-1]]
    title = f"With one of 4 ranks {1e3 * delays[-1]:.0f} ms late, {worst:.1f} ranks of work remain"
    return sweep(lines, title=title, x_label="ms that one rank is late", y_label="ranks of work")


def straggler() -> Picture:
    """Speed-up of the straggler's schedule over the ring, by the model, over the ranks."""
    line = {
        float(p): predict("ring_all_reduce", p, *PAPER) / predict("straggler_all_reduce", p, *PAPER)
        for p in (2**k for k in range(2, 9))
    }
    title = f"After the late rank arrives, 256 ranks finish {line[256.0]:.2f} times as fast as a ring"
    levels = {"limit": 2.0}
    return sweep(
        {"schedule": line}, title=title, x_label="ranks", y_label="speed-up over the ring", levels=levels
    )


def window(bench: Report) -> Picture:
    """Speed of the shared window over MPI_Allreduce."""
    lines: dict[str, dict[float, float]] = {}
    for figure in bench.matching("ratio_mpi/"):
        _, name, count, size = figure.name.split("/")
        label = f"{name.replace('_', ' ')}, {count.removeprefix('ranks=')} ranks"
        lines.setdefault(label, {})[float(size.removeprefix("MiB="))] = figure.value
    best = max(max(line.values()) for line in lines.values())
    title = f"All-reduce in a shared window is up to {best:.1f} times as fast as MPI_Allreduce"
    levels = {"MPI_Allreduce": 1.0}
    return sweep(lines, title=title, x_label="MiB of the vector", y_label="times as fast", levels=levels)

"""The pictures of lecture 02, drawn from the record of `lecture.py` and from formulas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.patches import Rectangle

from reference.benchmarks.matmul_gpu.counts import RUNGS
from reference.benchmarks.matmul_gpu.saved_traces import request_from, trace_from
from reference.lab.matmul_gpu.charts import Rung, gpu_roofline, occupancy_chart, tile_intensity
from reference.lab.matmul_gpu.kernel_drawings import reads_and_writes
from reference.lab.matmul_gpu.memory_drawings import bank_conflicts, coalescing, grouped_order
from reference.matmul_gpu.tl_matmul import tile_order
from reference.shared.gpu.datasheets import Gpu, datasheet
from reference.shared.plots.style import (
    GREY,
    MARKERS,
    PALETTE,
    Picture,
    headline,
    new_figure,
    scaled,
    styled,
    three_digits,
)

SLIDES = Path(__file__).resolve().parents[3] / "slides" / "figures"
CARD = "H100 SXM"
PANELS = {
    "bytes": "bytes of global memory,\neach multiply-add",
    "shared_reads": "numbers read from shared\nmemory, each multiply-add",
    "instructions": "instructions that read,\neach multiply-add of a warp",
}
# FLOP for each byte that must move at least once: a sum of two vectors, a softmax (5 operations a number), and a
# product of n x n matrices, 2 n^3 / (3 n^2 itemsize), n = 4096.
EXAMPLES = {
    "adding vectors": Rung(1 / 12),
    "softmax": Rung(5 / 8),
    "product, fp32": Rung(4096 / 6),
    "product, bf16": Rung(4096 / 3, unit="bf16"),
}
BLOCK_TILES = {"shared_tiled": (32, 32), "register_tiled": (128, 128)}  # of C, on a GPU
THREAD_TILES = {"shared_tiled": (1, 1), "register_tiled": (8, 8)}
KEPT = (512, 1024, 2048, 4096, 8192, 16384, 32768)  # lengths of attention whose memory is drawn


def draw(record: Mapping[str, Any], folder: Path = SLIDES) -> list[Path]:
    """Write every picture to `folder` as 02_NAME.svg; returns the paths."""
    return [picture.save(folder / f"02_{name}.svg") for name, picture in pictures(record).items()]


def pictures(record: Mapping[str, Any]) -> dict[str, Picture]:
    """Name -> picture, with letters for a wall."""
    requests = {name: request_from(found) for name, found in record["requests"].items()}
    columns = {name: found for name, found in requests.items() if name.startswith("a column")}
    with scaled(0.95):
        detailed = {
            "order": grouped_order(tile_order(16, 16, 4).tolist(), programs=32),
            "puzzle": reads_and_writes(trace_from(record["puzzle"])),
            "occupancy": occupancy_chart(datasheet(CARD), kernels=compiled(record)),
        }
    with scaled(0.8):
        return detailed | {
            "roofline": gpu_roofline(datasheet(CARD), EXAMPLES, title=ridges(datasheet(CARD))),
            "race": orders(record),
            "sectors": coalescing(
                {name: found for name, found in requests.items() if name not in columns},
                title="naive uses an eighth of the bytes that move, coalesced all of them",
            ),
            "banks": bank_conflicts(columns, title="32 lanes read a column: 32 turns, or 1 with padding"),
            "rungs": rungs(record),
            "tiles": tiles(record),
            "flash": attention(record),
        }


def ridges(card: Gpu) -> str:
    """The title of the roofline."""
    fp32, bf16 = (three_digits(card.ridge(unit)) for unit in ("fp32", "bf16"))
    return f"{card.name}: ridges at {fp32} FLOP a byte in fp32, {bf16} in bf16"


def tiles(record: Mapping[str, Any]) -> Picture:
    """What tiles buy, by formula and as counted in the two rungs whose tiles differ."""
    ladder = record["ladder"]
    blocks = {name: (*tile, 2 / ladder[name]["bytes"]) for name, tile in BLOCK_TILES.items()}
    threads = {name: (*tile, 2 / (4 * ladder[name]["shared_reads"])) for name, tile in THREAD_TILES.items()}
    return tile_intensity(datasheet(CARD), blocks=blocks, threads=threads)


def compiled(record: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Kernel -> threads, registers and shared bytes of a block, of the rungs with tiles."""
    found = {name: record["compiled"][name] for name in RUNGS[2:]}
    return {name: (each["threads"], each["registers"], each["shared"]) for name, each in found.items()}


@styled
def orders(record: Mapping[str, Any]) -> Picture:
    """What each thread of the turned numbers found, in every order that was played."""
    runs = record["race"]["runs"]
    figure, axes = new_figure(10.4, 0.62 * len(runs) + 1.5)
    told = []
    for row, run in enumerate(runs):
        wrong = sum(value is None for value in run["read"])
        for thread, value in enumerate(run["read"]):
            colour = PALETTE[1] if value is None else PALETTE[0]
            box = {"facecolor": colour, "edgecolor": "white", "linewidth": 2}
            axes.add_patch(Rectangle((thread, row), 1, 0.8, **box))
            text = "?" if value is None else str(value)
            axes.text(thread + 0.5, row + 0.4, text, ha="center", va="center", color="white", fontsize=12)
        ran = " ".join(map(str, run["ran"]))
        axes.text(-0.2, row + 0.4, f"{run['kernel']}, threads {ran}", ha="right", va="center", fontsize=11)
        axes.text(8.15, row + 0.4, f"{wrong} wrong" if wrong else "right", va="center", fontsize=11)
        told.append(f"{run['kernel']}, order {ran}: {wrong} of {len(run['read'])} wrong")
    for thread in range(len(runs[0]["read"])):
        axes.text(thread + 0.5, -0.15, f"out[{thread}]", ha="center", color=GREY, fontsize=10.5)
    axes.set_xlim(-5.6, 9.4)
    axes.set_ylim(len(runs), -0.5)
    axes.axis("off")
    finding = "Without the barrier, every order leaves other elements garbage (?)"
    headline(figure, finding)
    return Picture(figure, f"{finding}. {'; '.join(told)}.")


def instructions(counts: Mapping[str, float]) -> float:
    """Instructions of a warp that read global or shared memory, for each multiply-add of the warp."""
    return counts["requests"] + counts["shared_requests"]


@styled
def rungs(record: Mapping[str, Any]) -> Picture:
    """What each rung asks for, for each multiply-add: three panels, one bar a rung."""
    ladder = {
        name: {**counts, "instructions": instructions(counts)} for name, counts in record["ladder"].items()
    }
    figure, grid = new_figure(11.2, 4.6, 1, len(PANELS), sharey=True)
    told = []
    for number, (axes, (key, label)) in enumerate(zip(grid, PANELS.items(), strict=True)):
        values = [ladder[name][key] for name in RUNGS]
        least = min(value for value in values if value) / 3
        axes.barh(
            range(len(RUNGS)), [max(value, least) if value else 0 for value in values], color=PALETTE[number]
        )
        axes.set_xscale("log")
        axes.set_xlim(least, max(values) * 6)
        for row, value in enumerate(values):
            text = three_digits(value) if value else "none"
            spot = {"xytext": (5, 0), "textcoords": "offset points", "va": "center"}
            axes.annotate(text, (max(value, least), row), **spot)
        axes.set_title(label, fontsize=11.5)
        axes.set_xticks([])
        axes.minorticks_off()
        axes.grid(visible=False)
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="y", colors="black", length=0)
        listed = ", ".join(f"{name} {three_digits(value)}" for name, value in zip(RUNGS, values, strict=True))
        told.append(f"{label.replace(chr(10), ' ')}: {listed}")
    grid[0].set_yticks(range(len(RUNGS)), RUNGS)
    grid[0].invert_yaxis()
    finding = "Each rung removes what the one before it waits for (log scales)"
    headline(figure, finding)
    return Picture(figure, f"{finding}. {'; '.join(told)}.")


@styled
def attention(record: Mapping[str, Any]) -> Picture:
    """Left: bytes that attention reads, watched, with and without the mask. Right: bytes kept for backward."""
    read = {
        name: {int(length): found[f"{key}_read"] / 1e6 for length, found in record["attention"].items()}
        for name, key in (("all keys", "full"), ("causal", "causal"))
    }
    kept = {
        "scores, bf16": {n: 2.0 * n * n / 1e6 for n in KEPT},
        "lse": {n: 4.0 * n / 1e6 for n in KEPT},
    }
    figure, grid = new_figure(11.2, 5.0, 1, 2)
    told = []
    panels = (
        (read, "megabytes read, d = 64, float32 (watched)"),
        (kept, "megabytes kept for backward (formula)"),
    )
    for axes, (lines, label), first in zip(grid, panels, (0, 2), strict=True):
        for number, (name, line) in enumerate(lines.items(), first):
            xs = sorted(line)
            last = three_digits(line[xs[-1]])
            style = {"marker": MARKERS[number], "color": PALETTE[number], "label": f"{name}: {last} at last"}
            axes.plot(xs, [line[x] for x in xs], **style)
            told.append(f"{label}, {name}: {last} at length {xs[-1]}")
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
        axes.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
        axes.set_xlabel("length: queries and keys of one head")
        axes.legend(loc="upper left")
        axes.set_title(label)
    finding = f"The mask saves {saved(record):.0%} of the bytes read; lse replaces a matrix".replace(
        "%", " %"
    )
    headline(figure, finding)
    return Picture(figure, f"{finding}. {'; '.join(told)}.")


def saved(record: Mapping[str, Any]) -> float:
    """The share of the bytes read that causal attention of the longest counted length does not read."""
    longest = record["attention"][max(record["attention"], key=int)]
    return 1 - longest["causal_read"] / longest["full_read"]

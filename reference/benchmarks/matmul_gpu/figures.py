"""The figures of lecture 02, drawn from the record of `lecture.py` and from formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.patches import Rectangle

from reference.benchmarks.matmul_gpu.counts import CARD, RUNGS
from reference.benchmarks.matmul_gpu.saved_traces import request_from, trace_from
from reference.lab.matmul_gpu.charts import Rung, gpu_roofline, occupancy_chart, tile_intensity
from reference.lab.matmul_gpu.flash_drawings import tile_loop
from reference.lab.matmul_gpu.kernel_drawings import reads_and_writes
from reference.lab.matmul_gpu.memory_drawings import bank_conflicts, coalescing, tile_orders
from reference.lab.matmul_gpu.tile_drawings import buffers, tile_walk
from reference.shared.gpu.datasheets import Gpu, datasheet
from reference.shared.plots.style import (
    GREY,
    MARKERS,
    PALETTE,
    SLIDE_WIDTH,
    Picture,
    headline,
    new_figure,
    on_slide,
    styled,
    three_digits,
)

SLIDES = Path(__file__).resolve().parents[3] / "slides" / "figures"
WIDE, HALF = SLIDE_WIDTH, 550  # pixels: a figure on its own, and one of two
PANELS = {  # what is counted for each multiply-add, and for each multiply-add of a warp
    "bytes": "bytes of global\nmemory",
    "shared_reads": "numbers from\nshared memory",
    "instructions": "loads, per warp",
}
# FLOP for each byte that must move at least once: a sum of two vectors, a softmax (5 operations per number), and a
# product of n x n matrices, 2 n^3 / (3 n^2 itemsize), n = 4096.
EXAMPLES = {
    "adding vectors": Rung(1 / 12),
    "softmax": Rung(5 / 8),
    "product, fp32": Rung(4096 / 6),
    "product, bf16": Rung(4096 / 3, unit="bf16"),
}
BLOCK_TILES = {"shared_tiled": (32, 32), "register_tiled": (128, 128)}  # of C, on a GPU
THREAD_TILES = {"shared_tiled": (1, 1), "register_tiled": (8, 8)}


def draw(record: Mapping[str, Any], folder: Path = SLIDES) -> list[Path]:
    """Write every figure to `folder` as 02_NAME.svg, and return the paths."""
    return [picture.save(folder / f"02_{name}.svg") for name, picture in pictures(record).items()]


def pictures(record: Mapping[str, Any]) -> dict[str, Picture]:
    """Return name -> figure, each in the size that its slide has room for."""
    requests = {name: request_from(found) for name, found in record["requests"].items()}
    columns = {name: found for name, found in requests.items() if name.startswith("a column")}
    rows = {name: found for name, found in requests.items() if name not in columns}
    order = record["order"]
    sizes = {"tiles_m": order["height"], "tiles_n": order["width"], "programs": order["programs"]}
    drawn: dict[str, tuple[int, int, Callable[[], Picture]]] = {
        "roofline": (
            WIDE,
            440,
            lambda: gpu_roofline(datasheet(CARD), EXAMPLES, title=ridges(datasheet(CARD))),
        ),
        "puzzle": (WIDE, 390, lambda: reads_and_writes(trace_from(record["puzzle"]))),
        "race": (WIDE, 360, lambda: orders(record)),
        "sectors": (WIDE, 430, lambda: coalescing(rows)),
        "walk": (520, 480, tile_walk),
        "banks": (WIDE, 430, lambda: bank_conflicts(columns)),
        "buffers": (WIDE, 330, buffers),
        "rungs": (WIDE, 390, lambda: rungs(record)),
        "tiles": (WIDE, 460, lambda: tiles(record)),
        "occupancy": (WIDE, 420, lambda: occupancy_chart(datasheet(CARD), kernels=compiled(record))),
        "order": (WIDE, 400, lambda: tile_orders(order["tiles"], **sizes)),
        "causal": (HALF, 390, lambda: tile_loop(16, 16, 4, 2, legend=False)),
        "flash": (HALF, 390, lambda: attention(record)),
    }
    found = {}
    for name, (width, height, draw_one) in drawn.items():
        with on_slide(height, width):
            found[name] = draw_one()
    return found


def ridges(card: Gpu) -> str:
    """Return the finding of the roofline."""
    fp32, bf16 = (three_digits(card.ridge(unit)) for unit in ("fp32", "bf16"))
    return f"{card.name}: ridges at {fp32} FLOP per byte in fp32, {bf16} in bf16"


def tiles(record: Mapping[str, Any]) -> Picture:
    """Plot the reuse of tiles, by formula and as counted in the two rungs whose tiles differ."""
    ladder = record["ladder"]
    blocks = {name: (*tile, 2 / ladder[name]["bytes"]) for name, tile in BLOCK_TILES.items()}
    threads = {name: (*tile, 2 / (4 * ladder[name]["shared_reads"])) for name, tile in THREAD_TILES.items()}
    return tile_intensity(datasheet(CARD), blocks=blocks, threads=threads)


def compiled(record: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Return kernel -> threads, registers and shared bytes of a block, for the rungs with tiles."""
    found = {name: record["compiled"][name] for name in RUNGS[2:]}
    return {name: (each["threads"], each["registers"], each["shared"]) for name, each in found.items()}


@styled
def orders(record: Mapping[str, Any]) -> Picture:
    """Draw the number that each thread of the reversal kernel read, for every order of its threads."""
    runs = record["race"]["runs"]
    figure, axes = new_figure(10.4, 0.62 * len(runs) + 1.5)
    told = []
    for row, run in enumerate(runs):
        wrong = sum(value is None for value in run["read"])
        for thread, value in enumerate(run["read"]):
            colour = PALETTE[1] if value is None else PALETTE[0]
            box = {"facecolor": colour, "edgecolor": "white", "linewidth": 2}
            axes.add_patch(Rectangle((thread, row), 1, 0.86, **box))
            text = "?" if value is None else str(value)
            axes.text(thread + 0.5, row + 0.43, text, ha="center", va="center", color="white")
        ran = " ".join(map(str, run["ran"]))
        axes.text(-0.3, row + 0.43, ran, ha="right", va="center")
        axes.text(8.3, row + 0.43, f"{wrong} wrong" if wrong else "with barrier: right", va="center")
        told.append(f"{run['kernel']}, order {ran}: {wrong} of {len(run['read'])} wrong")
    axes.text(-0.3, -0.3, "threads run in this order", ha="right", va="center", color=GREY)
    axes.text(4, -0.3, "out[0] to out[7]", ha="center", va="center", color=GREY)
    axes.text(8.3, -0.3, "?: read too early", va="center", color=GREY)
    axes.set_xlim(-5.4, 13.0)
    axes.set_ylim(len(runs), -0.7)
    axes.axis("off")
    finding = "Without the barrier, each order of the threads gives another wrong result"
    headline(figure, finding)
    return Picture(figure, f"{finding}. {'; '.join(told)}. A question mark is a read before the write.")


def instructions(counts: Mapping[str, float]) -> float:
    """Return a warp's loads from global or shared memory, for each multiply-add of the warp."""
    return counts["requests"] + counts["shared_requests"]


@styled
def rungs(record: Mapping[str, Any]) -> Picture:
    """Plot the counts of each rung for each multiply-add: three panels, one bar per rung."""
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
        axes.set_xlim(least, max(values) ** 1.6 / least**0.6)
        for row, value in enumerate(values):
            text = three_digits(value) if value else "none"
            spot = {"xytext": (5, 0), "textcoords": "offset points", "va": "center"}
            axes.annotate(text, (max(value, least), row), **spot)
        axes.set_title(label)
        axes.set_xticks([])
        axes.minorticks_off()
        axes.grid(visible=False)
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="y", colors="black", length=0)
        listed = ", ".join(f"{name} {three_digits(value)}" for name, value in zip(RUNGS, values, strict=True))
        told.append(f"{label.replace(chr(10), ' ')}: {listed}")
    grid[0].set_yticks(range(len(RUNGS)), RUNGS)
    grid[0].invert_yaxis()
    finding = "Each rung lowers a count of the one before (log scales)"
    headline(figure, finding)
    return Picture(figure, f"{finding}. {'; '.join(told)}.")


@styled
def attention(record: Mapping[str, Any]) -> Picture:
    """Plot the bytes that attention reads over its length, with and without the causal mask."""
    figure, axes = new_figure(6.4, 4.8)
    told = []
    for number, (name, key) in enumerate((("all keys", "full"), ("causal", "causal")), 2):
        line = {int(length): found[f"{key}_read"] / 1e6 for length, found in record["attention"].items()}
        xs = sorted(line)
        last = three_digits(line[xs[-1]])
        style = {"marker": MARKERS[number], "color": PALETTE[number], "label": f"{name}: {last} MB"}
        axes.plot(xs, [line[x] for x in xs], **style)
        told.append(f"{name}: {last} MB at length {xs[-1]}")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(sorted(map(int, record["attention"])))
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    axes.set_xlabel("queries and keys")
    axes.set_ylabel("MB read")
    axes.legend(loc="upper left")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * (high / low) ** 0.3)  # room for the legend
    finding = f"The mask saves {saved(record):.0%} of the bytes read".replace("%", " %")
    headline(figure, finding)
    return Picture(figure, f"{finding}. {'; '.join(told)}.")


def saved(record: Mapping[str, Any]) -> float:
    """Return the share of the bytes that the mask saves at the longest counted length."""
    longest = record["attention"][max(record["attention"], key=int)]
    return 1 - longest["causal_read"] / longest["full_read"]

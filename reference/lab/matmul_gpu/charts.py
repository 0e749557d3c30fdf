"""Charts by formula: occupancy, the reuse of a tile, and the roofline of every rung."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.axes import Axes

from reference.shared.gpu.datasheets import Gpu, Unit
from reference.shared.gpu.occupancy import Occupancy, occupancy
from reference.shared.plots.charts import roofline
from reference.shared.plots.style import (
    GREY,
    MARKERS,
    PALETTE,
    Picture,
    headline,
    new_figure,
    styled,
    three_digits,
)

FLOAT_BYTES = 4
WIDTHS, DASHES = (4.5, 3.2, 2.0, 1.4), ("-", "--", "-.", ":")  # lines that lie on each other stay visible
UNITS: dict[Unit, str] = {"fp32": "fp32", "tf32": "tf32 tensor", "fp16": "fp16 tensor", "bf16": "bf16 tensor"}


@dataclass(frozen=True)
class Rung:
    """The demand of one kernel: FLOP per byte of memory, and of shared memory if it uses any."""

    intensity: float
    shared: float | None = None
    unit: Unit = "fp32"

    def bound(self, gpu: Gpu) -> tuple[float, str]:
        """Return (most FLOP/s on `gpu`, the limit: "memory", "shared memory" or "arithmetic")."""
        limits = {"memory": gpu.bandwidth * self.intensity, "arithmetic": gpu.peak(self.unit)}
        if self.shared is not None:
            limits["shared memory"] = gpu.shared_bandwidth * self.shared
        least = min(limits, key=limits.__getitem__)
        return limits[least], least


def intensity(rows: float, columns: float, *, itemsize: int = FLOAT_BYTES) -> float:
    """Return the FLOP per byte read when a tile of rows x columns of C adds up a column of A times a row of B.

    The formula holds for a block's tile that reads memory and for a thread's tile that reads shared memory: a step
    reads rows + columns numbers for rows * columns multiply-adds. Raises ValueError for sides below 1.
    """
    if min(rows, columns) < 1 or itemsize < 1:
        raise ValueError(
            f"intensity: expected sides of at least 1, got {rows} x {columns} of {itemsize} bytes"
        )
    return 2 * rows * columns / (itemsize * (rows + columns))


@styled
def occupancy_chart(
    gpu: Gpu,
    *,
    blocks: Sequence[int] = (128, 256, 1024),
    shared_bytes: int = 0,
    kernels: Mapping[str, tuple[int, int, int]] | None = None,
) -> Picture:
    """Plot occupancy over the registers per thread, one line per block size.

    blocks: threads per block. shared_bytes: per block. kernels: name -> (threads, registers, shared bytes of a block),
    drawn as marks. Raises ValueError for no block size, or a kernel that cannot start on `gpu`.
    """
    if not blocks:
        raise ValueError("occupancy_chart: expected at least one block size, got none")
    figure, axes = new_figure(8.6, 4.4)
    every = range(16, gpu.limits.registers_per_thread + 1)
    for number, threads in enumerate(blocks):
        found = {each: _or_none(gpu, threads, each, shared_bytes) for each in every}
        steps = {registers: 100 * each.fraction for registers, each in found.items() if each}
        if not steps:
            raise ValueError(
                f"occupancy_chart: expected a block that can start on {gpu.name}, got {threads} threads"
            )
        style: dict[str, Any] = {"linewidth": WIDTHS[number % 4], "linestyle": DASHES[number % 4]}
        label = f"{threads} threads per block"
        axes.step(list(steps), list(steps.values()), where="post", label=label, **style)
    told = []
    for number, (name, kernel) in enumerate((kernels or {}).items()):
        found = occupancy(gpu, *kernel)
        colour = PALETTE[(len(blocks) + number) % len(PALETTE)]
        style = {"color": colour, "markersize": 12, "markeredgecolor": "white", "zorder": 4}
        label = f"{name}: {found.warps} warps"
        axes.plot(
            [kernel[1]], [100 * found.fraction], MARKERS[(number + 1) % len(MARKERS)], label=label, **style
        )
        told.append(f"{name}: {found}")
    axes.set_xticks(range(32, 257, 32))
    axes.set_xlim(16, 258)
    axes.set_ylim(0, 108)
    axes.set_xlabel("registers per thread")
    axes.set_ylabel(f"% of {gpu.limits.warps_per_sm} warps")
    full = max(registers for registers in every if occupancy(gpu, 128, registers).fraction == 1)
    finding = f"{gpu.name}: above {full} registers per thread, fewer warps fit"
    headline(figure, finding)
    figure.legend(loc="outside right center")
    return Picture(figure, f"Occupancy on {finding}. {'; '.join(told) or 'No kernel is marked'}.")


@styled
def tile_intensity(
    gpu: Gpu,
    *,
    blocks: Mapping[str, tuple[int, int, float]] | None = None,
    threads: Mapping[str, tuple[int, int, float]] | None = None,
) -> Picture:
    """Plot the reuse of a tile: a block's tile against memory, a thread's tile against shared memory.

    Lines: `intensity` over the side of a square tile, in float32. Dots: name -> (rows, columns, FLOP per byte as a
    trace counted it), at the side of the square with the same reuse. Dashed: the ridge of `gpu`, above which its fp32
    arithmetic is the limit. Raises ValueError for a count that is not positive.
    """
    figure, (left, right) = new_figure(8.6, 4.3, 1, 2)
    # A square tile gives side / 4 FLOP a byte.
    wanted = [round(4 * ridge) for ridge in (gpu.ridge(), gpu.shared_ridge)]
    told = _reuse(left, blocks or {}, 256, gpu.ridge())
    told += _reuse(right, threads or {}, 32, gpu.shared_ridge)
    left.set_title("memory")
    left.set_xlabel("side of a block's tile")
    left.set_ylabel("FLOP per byte")
    right.set_title("shared memory")
    right.set_xlabel("side of a thread's tile")
    lines = {**dict(_labels(left)), **dict(_labels(right))}
    figure.legend(list(lines.values()), list(lines), loc="outside lower center", ncols=3)
    sides = " and ".join(map(str, wanted))
    finding = f"Tiles with sides of {sides} reach the fp32 ridge of {gpu.name}"
    headline(figure, finding)
    alt = f"{finding}: a block's tile against memory, a thread's tile against shared memory."
    return Picture(figure, f"{alt} {'; '.join(told)}." if told else alt)


@styled
def gpu_roofline(gpu: Gpu, rungs: Mapping[str, Rung], *, title: str = "") -> Picture:
    """Plot the bound of every rung on `gpu`: a point on the line of the datasheet's limit that binds it.

    The x of a rung is its FLOP per byte of the memory that limits it. Flat lines: the peaks of the units in use.
    Slopes: memory and, by formula, shared memory. Nothing is measured. Raises ValueError for no rung.
    Source: Williams, Waterman and Patterson, CACM 2009; datasheets as in `reference/shared/gpu/datasheets.py`.
    """
    if not rungs:
        raise ValueError("gpu_roofline: expected at least one rung, got none")
    bounds = {name: rung.bound(gpu) for name, rung in rungs.items()}
    points = {}
    for name, rung in rungs.items():
        rate, why = bounds[name]
        at = rung.shared if why == "shared memory" and rung.shared is not None else rung.intensity
        points[f"{name}: {why}"] = (at, rate)
    used = {"fp32", *(rung.unit for rung in rungs.values())}
    peaks = {text: gpu.peak(unit) for unit, text in UNITS.items() if unit in used}
    slopes = {"memory": gpu.bandwidth}
    if any(rung.shared is not None for rung in rungs.values()):
        slopes["shared memory"] = gpu.shared_bandwidth
    waiting = [name for name, (_, why) in bounds.items() if why != "arithmetic"]
    finding = title or f"{gpu.name}, datasheet: memory limits {len(waiting)} of {len(rungs)} kernels"
    about = "FLOP per byte of the limiting memory"
    picture = roofline(points, peaks, slopes, title=finding, x_label=about, tera=True, room=20)
    listed = "; ".join(f"{name} {three_digits(y / 1e12)} TFLOPS" for name, (_, y) in points.items())
    return replace(picture, alt=f"Predicted roofline, nothing measured: {finding}. Limits: {listed}.")


def _or_none(gpu: Gpu, threads: int, registers: int, shared_bytes: int) -> Occupancy | None:
    try:
        return occupancy(gpu, threads, registers, shared_bytes)
    except ValueError:
        return None


def _reuse(axes: Axes, counted: Mapping[str, tuple[int, int, float]], most: int, ridge: float) -> list[str]:
    """Draw one panel, and return the counts of its dots as text."""
    told = []
    if any(not value > 0 for _, _, value in counted.values()):
        raise ValueError(f"tile_intensity: expected positive counts, got {dict(counted)}")
    while intensity(most, most) < 1.5 * ridge:
        most *= 2
    axes.plot([1, most], [intensity(1, 1), intensity(most, most)], color=GREY, linewidth=1.8, label="formula")
    axes.axhline(ridge, color=PALETTE[1], linestyle="--", linewidth=1.8)
    spot = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "color": PALETTE[1]}
    axes.annotate(f"ridge {three_digits(ridge)}", (0.03, ridge), xytext=(0, 4), **spot)
    for number, (name, (rows, columns, value)) in enumerate(counted.items()):
        side = 2 * rows * columns / (rows + columns)
        dot = {
            "markersize": 10,
            "markeredgecolor": "white",
            "color": PALETTE[(number + (number > 0)) % len(PALETTE)],
        }
        axes.plot([side], [value], MARKERS[number % len(MARKERS)], label=name, **dot)
        told.append(f"{name}, {rows} × {columns}: {three_digits(value)} counted")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_ylim(0.18, most / 2.5)
    return told


def _labels(axes: Axes) -> list[tuple[str, Any]]:
    """Return (label, handle) of every line in the panel."""
    handles, labels = axes.get_legend_handles_labels()
    return list(zip(labels, handles, strict=True))

"""Draw what a matrix product does with memory: the order of reads, the register tile, the panels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from reference.lab.matmul_cpu.access_trace import ITEM_BYTES, AccessRecorder
from reference.shared.plots.style import GREY, LIGHT, PALETTE, Picture, headline, new_figure, styled

BLUE, RED, GREEN = PALETTE[0], PALETTE[1], PALETTE[2]
MOST_ROWS = 14  # of the tiles that are compared: higher ones are one vector wide, and gain nothing more


@styled
def access_pattern(
    traces: Mapping[str, AccessRecorder],
    *,
    matrix: str = "B",
    reads: int | None = None,
    line: int = 64,
) -> Picture:
    """One row a traced function: where its first reads of `matrix` fall, and at which addresses.

    reads: how many to draw; default two rows' worth of the matrix.
    Raises ValueError for a trace without reads.
    """
    figure, grid = new_figure(
        9.6, 3.3 * len(traces) + 0.6, len(traces), 2, squeeze=False, width_ratios=[1, 1.7]
    )
    told = []
    for (name, trace), (left, right) in zip(traces.items(), grid, strict=True):
        steps = trace.only(matrix)
        if not steps:
            raise ValueError(f"access_pattern: {name!r} recorded no read of {matrix}")
        width = trace.columns[matrix]
        steps = steps[: reads or 2 * width]
        order = np.full((max(read.row for read in trace.only(matrix)) + 1, width), np.nan)
        for step, read in reversed(list(enumerate(steps))):
            order[read.row, read.column] = step
        left.imshow(order, cmap="viridis_r", interpolation="nearest", aspect="equal")
        for column in range(0, width + 1, line // ITEM_BYTES):  # each frame between two strokes is one line
            left.axvline(column - 0.5, color=GREY, linewidth=1.4)
        left.set_title(name)
        left.set_ylabel("row")
        left.grid(visible=False)
        addresses = [trace.address(read) - trace.starts[matrix] for read in steps]
        touched = len({address // line for address in addresses})
        jump = int(np.median(np.abs(np.diff(addresses)))) if len(addresses) > 1 else 0
        right.plot(addresses, ".", color=BLUE, markersize=7)
        right.set_ylabel(f"byte of {matrix}")
        right.set_yticks(range(0, order.size * ITEM_BYTES + 1, max(line, 4 * order.size)))
        finding = f"{len(steps)} reads: {touched} cache lines, {jump} bytes apart"
        right.set_title(finding)
        told.append(f"{name}: {finding}")
    grid[-1, 0].set_xlabel("column (yellow: first)")
    grid[-1, 1].set_xlabel("read number")
    headline(
        figure, f"What the two loop orders read of {matrix}" if len(traces) == 2 else f"Reads of {matrix}"
    )
    return Picture(figure, f"Access pattern of {matrix}. " + "; ".join(told) + ".")


@styled
def register_tile(rows: int, columns: int, lanes: int, *, registers: int = 32) -> Picture:
    """One step of a micro-kernel: a column of A times a row of B added to a rows x columns tile of C.

    lanes: numbers in a vector register, of which `columns` must be a multiple.
    """
    _check_tile("register_tile", rows, columns, lanes)
    vectors = columns // lanes
    figure, axes = new_figure(9.2, 0.26 * rows + 3.0)
    gap, scale = 3, max(1.0, columns / 24)
    cell = {"edgecolor": "white", "linewidth": 1}
    for i in range(rows):
        axes.add_patch(Rectangle((0, i), scale, 1, facecolor=RED, **cell))
        for v in range(vectors):
            left = gap * scale + v * lanes
            axes.add_patch(
                Rectangle((left, i), lanes, 1, facecolor=GREEN, alpha=0.75 if v % 2 else 0.55, **cell)
            )
    for v in range(vectors):
        left = gap * scale + v * lanes
        axes.add_patch(Rectangle((left, -2.4), lanes, 1.2, facecolor=BLUE, **cell))
        text = {"ha": "center", "va": "center", "color": "white"}
        axes.text(left + lanes / 2, -1.8, f"{lanes} numbers", **text)
    right = gap * scale + columns
    axes.text(
        scale / 2,
        rows + 0.7,
        f"column of A\n{rows} numbers,\neach repeated\nover a vector",
        ha="center",
        va="top",
    )
    used = rows * vectors + vectors + 1
    tile = f"tile of C: {rows} × {vectors} = {rows * vectors} vector registers, filled for the whole of k"
    axes.text(gap * scale + columns / 2, rows + 0.7, tile, ha="center", va="top")
    axes.text(
        right, -2.8, f"row of B: {vectors} vector load{'s' if vectors > 1 else ''}", ha="right", va="bottom"
    )
    axes.set_xlim(-3.5 * scale, right + 1)
    axes.set_ylim(rows + 4.6, -4.2)
    axes.axis("off")
    fmas, loads = rows * vectors, rows + vectors
    finding = f"{loads} loads feed {fmas} multiply-adds: {fmas / loads:.1f} for each load"
    headline(figure, finding)
    fit = f"{used} of {registers} vector registers"
    axes.text(right, rows + 3.2, fit, ha="right", va="top", color=GREY)
    return Picture(figure, f"Register tile of {rows} rows by {columns} columns. {finding}; {fit} in use.")


@styled
def tile_costs(lanes: int, *, registers: int = 32, mark: tuple[int, int] | None = None) -> Picture:
    """Multiply-adds for each load, over tile shapes; the shapes that do not fit the registers are left blank.

    mark: the (rows, columns) of one tile to frame.
    """
    all_rows, all_vectors = range(1, min(registers - 1, MOST_ROWS + 1)), range(1, 6)
    value = np.full((len(all_vectors), len(all_rows)), np.nan)
    for y, vectors in enumerate(all_vectors):
        for x, rows in enumerate(all_rows):
            if rows * vectors + vectors + 1 <= registers:
                value[y, x] = rows * vectors / (rows + vectors)
    best = np.unravel_index(np.nanargmax(value), value.shape)
    figure, axes = new_figure(9.6, 3.4)
    image = axes.imshow(value, cmap="viridis", aspect="auto", origin="lower", interpolation="nearest")
    for y, x in np.ndindex(*value.shape):
        if not np.isnan(value[y, x]):
            light = value[y, x] > 0.75 * np.nanmax(value)
            style = {"ha": "center", "va": "center", "color": "black" if light else "white"}
            axes.text(x, y, f"{value[y, x]:.1f}", **style)
    if mark and mark[1] // lanes in all_vectors and mark[0] in all_rows:
        corner = (mark[0] - 1.5, mark[1] // lanes - 1.5)
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=RED, linewidth=3))
    axes.set_xticks(range(len(all_rows)), list(all_rows))
    axes.set_yticks(range(len(all_vectors)), [f"{v} × {lanes}" for v in all_vectors])
    axes.set_xlabel("rows of the tile")
    axes.set_ylabel("columns of the tile")
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, label="FMAs per load", pad=0.01)
    rows, vectors = int(best[1]) + 1, int(best[0]) + 1
    finding = f"Of {registers} registers, {rows} × {vectors * lanes} gets most from a load: {value[best]:.1f}"
    headline(figure, finding)
    return Picture(
        figure, f"Tile shapes. {finding} multiply-adds. Larger tiles do not fit and spill to memory."
    )


@styled
def packing(rows: int = 8, depth: int = 8, tile: int = 4) -> Picture:
    """The order in which a kernel with `tile` rows reads A, over A's own layout and over packed panels."""
    if min(rows, depth, tile) < 1 or rows % tile:
        raise ValueError(f"packing: expected rows to be a multiple of tile, got rows={rows}, tile={tile}")
    figure, (before, after) = new_figure(9.6, 4.4, 1, 2)
    address = np.arange(rows * depth).reshape(rows, depth)
    panels = np.empty_like(address)
    for top in range(0, rows, tile):
        block = np.arange(tile * depth).reshape(depth, tile).T
        panels[top : top + tile] = top * depth + block
    walk = [(i, k) for k in range(depth) for i in range(tile)]
    for axes, layout, title in ((before, address, "row-major A"), (after, panels, "packed panels")):
        axes.imshow(layout, cmap="Blues", interpolation="nearest", vmax=rows * depth * 1.5)
        for i, k in np.ndindex(rows, depth):
            axes.text(k, i, layout[i, k], ha="center", va="center", zorder=3)
        shown = walk[: 3 * tile]
        axes.plot([k for _, k in shown], [i for i, _ in shown], color=RED, linewidth=5, alpha=0.55)
        jumps = np.abs(np.diff([layout[i, k] for i, k in walk]))
        axes.set_title(f"{title}: steps of {np.median(jumps):.0f}")
        axes.set_xlabel("k")
        axes.set_ylabel("row of A")
        axes.set_xticks([])
        axes.set_yticks(range(0, rows, tile))
        axes.grid(visible=False)
        for top in range(0, rows + 1, tile):
            axes.axhline(top - 0.5, color=GREY, linewidth=1.6)
    headline(figure, "Packing writes A in the order in which the kernel reads it")
    alt = (
        "Two maps of A; each cell holds its place in memory. In row-major A the kernel's path jumps a row at "
    )
    return Picture(figure, alt + "every step; in packed panels it moves to the next number.")


@styled
def goto_blocks() -> Picture:
    """C = A B, cut as microkernel.py cuts it: which piece of which matrix stays in which level of memory.

    After Goto and van de Geijn (TOMS 2008), who keep the block of A in L2 where this kernel keeps that of B.
    """
    captions = {
        "A": "panel of A, packed:\nstays in L1",
        "B": "block of B, packed:\nstays in L2\n(dark: panel in use)",
        "C": "tile of C:\nstays in registers",
    }
    figure, axes = new_figure(9.6, 3.9)
    for left, name in ((0, "C"), (12, "A"), (24, "B")):
        axes.add_patch(Rectangle((left, 0), 10, 10, facecolor=LIGHT, edgecolor=GREY))
        axes.text(left + 0.4, 0.5, name, va="top", fontsize=15, fontweight="bold")
    for x, text in ((11, "="), (23, "×")):
        axes.text(x, 5, text, ha="center", va="center", fontsize=18)
    _block(axes, (2.5, 4.5), 6, 1, GREEN, 0.4)
    _block(axes, (4.5, 4.5), 1.2, 1, GREEN, 1.0)
    _block(axes, (15, 4.5), 3, 1, RED, 1.0)
    _block(axes, (26.5, 3), 6, 3, BLUE, 0.4)
    _block(axes, (28.5, 3), 1.2, 3, BLUE, 1.0)
    for x, name, colour in ((5, "C", GREEN), (17, "A", RED), (29, "B", BLUE)):
        axes.text(x, 10.5, captions[name], ha="center", va="top", color=colour)
    axes.set_xlim(-1.5, 35.5)
    axes.set_ylim(14.4, -0.5)
    axes.set_aspect("equal")
    axes.axis("off")
    headline(figure, "Each level of memory keeps the piece that it can hold")
    kept = "; ".join(f"{name}: {text}".replace("\n", " ") for name, text in captions.items())
    return Picture(figure, f"The three matrices, cut into blocks. {kept}.")


def _block(
    axes: Axes, corner: tuple[float, float], width: float, height: float, colour: str, alpha: float
) -> None:
    style: dict[str, Any] = {"facecolor": colour, "edgecolor": "white", "linewidth": 1, "alpha": alpha}
    axes.add_patch(Rectangle(corner, width, height, **style))


def _check_tile(name: str, rows: int, columns: int, lanes: int) -> None:
    if min(rows, columns, lanes) < 1 or columns % lanes:
        raise ValueError(
            f"{name}: expected columns to be a multiple of lanes, got {rows} x {columns} with {lanes} lanes"
        )

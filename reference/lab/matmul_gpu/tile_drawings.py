"""Diagrams of tiled products: the tiles that a block walks along, and when it loads, waits and computes."""

from __future__ import annotations

import textwrap

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from reference.shared.plots.style import GREY, LIGHT, PALETTE, Picture, headline, new_figure, styled

BLUE, ORANGE, GREEN = PALETTE[0], PALETTE[1], PALETTE[2]
LOAD, COMPUTE = 2.0, 3.0  # lengths in the diagram: only the order has a meaning
WAIT = 0.16  # width of a barrier


@styled
def tile_walk(tiles: int = 5, *, row: int = 2, column: int = 3, step: int = 1) -> Picture:
    """Draw C = A B in tiles: one block's tile of C, the strips of A and B that it needs, and its current tiles.

    tiles: per side of each matrix. row, column: of the tile of C. step: the tile along k. Raises ValueError for a tile
    outside of the matrices.
    """
    if not all(0 <= each < tiles for each in (row, column, step)):
        raise ValueError(f"tile_walk: expected tiles from 0 to {tiles - 1}, got {row}, {column} and {step}")
    figure, axes = new_figure(5.6, 5.4)
    far = tiles + 1.2
    for left, top, name in ((0, far, "A"), (far, 0, "B"), (far, far, "C")):
        for place in range(tiles * tiles):
            _box(axes, left + place % tiles, top + place // tiles, LIGHT)
        axes.text(left + 0.15, top - 0.12, name, fontweight="bold", va="bottom")
    for k in range(tiles):
        _box(axes, k, far + row, ORANGE, alpha=1.0 if k == step else 0.35)
        _box(axes, far + column, k, GREEN, alpha=1.0 if k == step else 0.35)
    _box(axes, far + column, far + row, BLUE)
    arrow = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.6}
    axes.annotate("", (tiles, far + row + 0.5), (step + 0.5, far + row + 0.5), arrowprops=arrow)
    axes.annotate("", (far + column + 0.5, tiles), (far + column + 0.5, step + 0.5), arrowprops=arrow)
    axes.text(tiles / 2, 1.5, "dark: in shared\nmemory now", ha="center", va="center", color=GREY)
    axes.set_xlim(-0.1, far + tiles + 0.1)
    axes.set_ylim(far + tiles + 0.1, -0.9)
    axes.set_aspect("equal")
    axes.axis("off")
    finding = "A block loads one tile of A and one of B at a time, along k"
    headline(figure, textwrap.fill(finding, 40))
    return Picture(
        figure, f"{finding}: {tiles} tiles of A from left to right, {tiles} of B from top to bottom."
    )


@styled
def buffers(tiles: int = 3) -> Picture:
    """Draw when a block loads a tile, computes on it and waits at a barrier: with one buffer, and with two.

    tiles: along k. The lengths have no meaning. Raises ValueError for fewer than two tiles.
    """
    if tiles < 2:
        raise ValueError(f"buffers: expected at least two tiles, got {tiles}")
    figure, (upper, lower) = new_figure(8.6, 4.0, 2, 1, sharex=True)
    end = 0.0
    for tile in range(tiles):
        _bar(upper, 0, end, LOAD, f"load {tile}", ORANGE)
        _barrier(upper, end + LOAD)
        _bar(upper, 1, end + LOAD + WAIT, COMPUTE, f"compute {tile}", BLUE)
        end += LOAD + COMPUTE + 2 * WAIT
        _barrier(upper, end - WAIT)
    _bar(lower, 0, 0, LOAD, "load 0", ORANGE)
    start = LOAD
    for tile in range(tiles):
        _barrier(lower, start)
        _bar(lower, 1, start + WAIT, COMPUTE, f"compute {tile}", BLUE)
        if tile + 1 < tiles:
            _bar(lower, 0, start + WAIT, LOAD, f"load {tile + 1}", ORANGE)
        start += COMPUTE + WAIT
    for axes, title in (
        (upper, "one buffer: two barriers per tile"),
        (lower, "two buffers: one barrier per tile"),
    ):
        axes.set_title(title)
        axes.set_xlim(0, end)
        axes.set_ylim(2, 0)
        axes.axis("off")
    finding = "With two buffers a block loads the next tile while it computes"
    headline(figure, finding)
    return Picture(figure, f"{finding}. Black bars are barriers: two per tile with one buffer, one with two.")


def _box(axes: Axes, x: float, y: float, colour: str, *, alpha: float = 1.0) -> None:
    axes.add_patch(Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="white", linewidth=1.5, alpha=alpha))


def _bar(axes: Axes, row: int, start: float, length: float, text: str, colour: str) -> None:
    axes.add_patch(Rectangle((start, row + 0.06), length, 0.88, facecolor=colour, edgecolor="white"))
    axes.text(start + length / 2, row + 0.5, text, ha="center", va="center", color="white")


def _barrier(axes: Axes, at: float) -> None:
    axes.add_patch(Rectangle((at, 0), WAIT, 2, facecolor="black", edgecolor="none"))

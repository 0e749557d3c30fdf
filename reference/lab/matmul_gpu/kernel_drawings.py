"""Drawings of a small launch: the elements that each thread reads and writes.

with watch() as trace:
    launch(kernel, grid, block, out, *args)
reads_and_writes(trace)
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from reference.shared.plots.style import GREY, LIGHT, PALETTE, Picture, headline, new_figure, styled
from reference.shared.simulators.races import ATOMIC, READ, WRITE, Access, races
from reference.shared.simulators.trace import WARP, Space, Trace

WIDTH, EDGE, GAP = 7.8, 0.35, 0.5  # inches: of the figure, its margins, and between its two halves
CELL, HIGHEST, WRAP = 0.38, 4.4, 9  # inches; inches; elements of an array with one axis that always fit a row
LETTER = 0.088  # inches that a letter takes on average
TEXT, SPACE = 0.27, 0.2  # inches: of a line of text, and below an array
NUMBERED = 0.24  # inches of the smallest cell with a number
STRIPES, COLOURED = 4, 16  # most colours in a cell; most threads with a colour each
RACE = "#C00000"


@dataclass(frozen=True)
class Actors:
    """The owners of the colours: threads, or blocks or warps if there are many threads."""

    kind: str  # "thread", "block" or "warp"
    threads: int  # of a block

    def of(self, use: Access) -> int:
        if self.kind == "block":
            return use.block
        number = use.block * self.threads + use.thread
        return number if self.kind == "thread" else number // WARP


@dataclass(frozen=True)
class Map:
    """One array with the readers, or the writers, of each element."""

    name: str
    size: int  # elements
    shape: tuple[int, int]  # rows and columns, as they are drawn
    step: int  # from one row's label to the next: 1 for a matrix
    users: dict[int, tuple[int, ...]]
    races: frozenset[int]
    half: float  # inches of the width that it may take

    @property
    def cell(self) -> float:
        return min(CELL, self.half / self.shape[1], HIGHEST / self.shape[0])

    @property
    def height(self) -> float:
        return TEXT + self.shape[0] * self.cell + SPACE


@styled
def reads_and_writes(trace: Trace, *, title: str | None = None) -> Picture:
    """Draw every array of the first launch in `trace`: its readers on the left, its writers on the right.

    Up to 16 threads have a colour and a number each. More threads share one per block, or per warp if there is only
    one block. An element with several users is striped, and shows their number. A red frame marks a race. Shared
    memory is that of each block, or of the first one if threads share colours.
    Meant for launches of up to some hundred elements. Raises ValueError for a trace without a launch.
    """
    if not trace.launches:
        raise ValueError(
            "reads_and_writes: expected a trace with a launch; start one inside `with watch() as trace:`"
        )
    launch = trace.launches[0]
    threads, blocks = int(np.prod(launch.block)), int(np.prod(launch.grid))
    kind = "thread" if threads * blocks <= COLOURED else "block" if blocks > 1 else "warp"
    actors = Actors(kind, threads)
    figure, axes = new_figure(WIDTH, HIGHEST)
    width = figure.get_figwidth()
    half = (width - GAP - 2 * EDGE) / 2
    left, right = maps(trace, actors, blocks, half)
    pairs = list(zip_longest(left, right))
    heights = [max(each.height for each in pair if each is not None) for pair in pairs]
    strip = Strip(actors, launch.block, launch.grid, width)
    height = strip.height + sum(heights) + TEXT
    if figure.get_figheight() == HIGHEST:  # no slide has fixed it
        figure.set_figheight(height + 0.6)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_aspect("equal")
    axes.axis("off")
    strip.draw(axes)
    top = strip.height
    for (reader, writer), size in zip(pairs, heights, strict=True):
        for found, x in ((reader, EDGE), (writer, EDGE + half + GAP)):
            if found is not None:
                draw_map(axes, found, x, top)
        top += size
    note = f"Colour and number: the {kind}. ×3: three of them."
    if any(each.races for each in (*left, *right)):
        note += " Red frame: a race."
    axes.text(EDGE, height - TEXT / 2, note, color=GREY, ha="left", va="center")
    finding = title or findings(trace, launch.kernel)
    headline(figure, textwrap.fill(finding, round(width / 0.115)))
    shown = "; ".join(each.name for each in (*left, *right))
    return Picture(figure, f"{finding}. Cells coloured by {kind}: {shown}.")


def findings(trace: Trace, kernel: str) -> str:
    """Return the headline: the traffic of the launch, or its races."""
    racing: defaultdict[str, int] = defaultdict(int)
    for space in first_launch(trace):
        racing[space.name] += len(races_of(space))
    bad = [f"{plural(count, 'element')} of {name}" for name, count in racing.items() if count]
    if bad:
        return f"{kernel}: a race on {' and '.join(bad)}"
    spaces = first_launch(trace)
    counts = [
        sum(use.kind != kind for s in spaces if s.block < 0 for use in s.accesses) for kind in (WRITE, READ)
    ]
    shared = sum(len(s.accesses) for s in spaces if s.block >= 0)
    ending = f", {plural(shared, 'shared access')}" if shared else ""
    reads, writes = plural(counts[0], "global read"), plural(counts[1], "global write")
    return f"{kernel}: {reads}, {writes}{ending}"


def first_launch(trace: Trace) -> list[Space]:
    return [space for space in trace.spaces if space.launch == 0]


def races_of(space: Space) -> frozenset[int]:
    """Return the elements that two threads use without an order, one of them writing."""
    by_place: defaultdict[int, list[Access]] = defaultdict(list)
    for use in space.accesses:
        by_place[use.place].append(use)
    alone = {place: replace(space, accesses=uses) for place, uses in by_place.items()}
    return frozenset(place for place, part in alone.items() if any(races(part)))


def maps(trace: Trace, actors: Actors, blocks: int, half: float) -> tuple[list[Map], list[Map]]:
    """Return the arrays that are read, for the left half, and written, for the right."""
    spaces = first_launch(trace)
    shared = sorted((s for s in spaces if s.block >= 0), key=lambda s: s.block)
    if actors.kind != "thread" and shared:
        shared = [space for space in shared if space.block == shared[0].block]
    given = [space for space in spaces if space.block < 0]
    left = [map_of(space, READ, actors, blocks, half) for space in (*given, *shared)]
    right = [map_of(space, WRITE, actors, blocks, half) for space in (*shared, *given)]
    return [each for each in left if each.users], [each for each in right if each.users]


def map_of(space: Space, kind: int, actors: Actors, blocks: int, half: float) -> Map:
    """Return `space` with its readers (kind READ), or with its writers and atomic operations."""
    uses = [use for use in space.accesses if (use.kind == READ) == (kind == READ)]
    users: defaultdict[int, list[int]] = defaultdict(list)
    for use in uses:
        users[use.place].append(actors.of(use))
    atomic = sum(use.kind == ATOMIC for use in uses)
    done = plural(len(uses), "read" if kind == READ else "atomic write" if atomic == len(uses) else "write")
    where = "" if space.block < 0 else " (shared)" if blocks == 1 else f" (block {space.block})"
    amount = f"{done}, {plural(len(users), 'element')}"
    size = int(np.prod(space.shape))
    matrix = len(space.shape) > 1
    columns = space.shape[-1] if matrix or size <= WRAP else min(actors.threads, COLOURED)
    shape = (-(-size // columns), columns)
    told = {place: tuple(dict.fromkeys(sorted(each))) for place, each in users.items()}
    name, step = f"{space.name}{where}: {amount}", 1 if matrix else columns
    return Map(name, size, shape, step, told, races_of(space), half)


def draw_map(axes: Axes, found: Map, x: float, top: float) -> None:
    """The caption, and below it the cells."""
    cut = min(1.0, (found.half + GAP / 2) / (LETTER * len(found.name)))
    axes.text(x, top + TEXT / 2, found.name, ha="left", va="center", fontsize=cut * rcParams["font.size"])
    cell, top = found.cell, top + TEXT
    rows, columns = found.shape
    boxes: list[Rectangle] = []
    for place in range(found.size):
        corner = (x + place % columns * cell, top + place // columns * cell)
        users = found.users.get(place, ())
        boxes += fill(corner, cell, users)
        if users and cell >= NUMBERED:
            label(axes, corner, cell, users)
    axes.add_collection(PatchCollection(boxes, match_original=True, zorder=1), autolim=False)
    for row in range(rows if rows > 1 and cell >= NUMBERED else 0):
        first = row * found.step
        place = (x - 0.06, top + (row + 0.5) * cell)
        axes.text(*place, str(first), color=GREY, fontsize=10, ha="right", va="center")
    for place in found.races:
        corner = (x + place % columns * cell, top + place // columns * cell)
        axes.add_patch(Rectangle(corner, cell, cell, fill=False, edgecolor=RACE, linewidth=2.6, zorder=4))


def fill(corner: tuple[float, float], size: float, users: tuple[int, ...]) -> list[Rectangle]:
    """Return a cell in the colour of its only user, in stripes, or in grey."""
    line = 0.8 if size >= NUMBERED else 0.3
    boxes = [Rectangle(corner, size, size, facecolor="white", edgecolor=GREY, linewidth=line)]
    if len(users) > STRIPES:
        return [*boxes, Rectangle(corner, size, size, facecolor=LIGHT, edgecolor=GREY, linewidth=line)]
    for number, user in enumerate(users):
        left, wide = corner[0] + number * size / len(users), size / len(users)
        boxes.append(Rectangle((left, corner[1]), wide, size, facecolor=colour_of(user), linewidth=0))
    return boxes


def label(axes: Axes, corner: tuple[float, float], size: float, users: tuple[int, ...]) -> None:
    """Write the number of a cell's only user, or the count of its users."""
    text, ink = (str(users[0]), ink_on(users[0])) if len(users) == 1 else (f"×{len(users)}", "black")
    backing = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if 1 < len(users) <= STRIPES else None
    place = (corner[0] + size / 2, corner[1] + size / 2)
    axes.text(*place, text, color=ink, bbox=backing, ha="center", va="center")


@dataclass(frozen=True)
class Strip:
    """The row of threads, blocks or warps with their colours: the legend of the cells."""

    actors: Actors
    block: tuple[int, ...]
    grid: tuple[int, ...]
    width: float  # inches of the figure

    @property
    def groups(self) -> list[tuple[str, list[int]]]:
        threads, blocks = self.actors.threads, int(np.prod(self.grid))
        if self.actors.kind == "thread":
            names = [
                f"{threads} threads of block {b}" if blocks > 1 else f"{threads} threads"
                for b in range(blocks)
            ]
            return [(name, list(range(b * threads, (b + 1) * threads))) for b, name in enumerate(names)]
        if self.actors.kind == "block":
            return [(f"{blocks} blocks of {threads} threads", list(range(min(blocks, COLOURED))))]
        warps = -(-threads // WARP)
        return [(f"{warps} warps of {WARP} threads", list(range(warps)))]

    @property
    def height(self) -> float:
        return TEXT + CELL + SPACE

    def draw(self, axes: Axes) -> None:
        groups, x = self.groups, EDGE
        boxes = sum(len(members) for _, members in groups)
        size = min(CELL, (self.width - 2 * EDGE - GAP * (len(groups) - 1)) / boxes)
        for name, members in groups:
            axes.text(x, TEXT / 2, name, ha="left", va="center", color=GREY)
            for number in members:
                look = {"facecolor": colour_of(number), "edgecolor": "white", "linewidth": 1.2}
                axes.add_patch(Rectangle((x, TEXT), size, CELL, **look))
                style: dict[str, Any] = {"ha": "center", "va": "center", "color": ink_on(number)}
                if size >= NUMBERED:
                    axes.text(x + size / 2, TEXT + CELL / 2, str(number), **style)
                x += size
            x += GAP


def colour_of(actor: int) -> Any:
    """Return one of 21 colours: the palette, the palette paler, and darker."""
    turn, number = divmod(actor, len(PALETTE))
    colour = np.array(to_rgb(PALETTE[number]))
    return tuple((colour, 1 - 0.45 * (1 - colour), 0.55 * colour)[turn % 3])


def ink_on(actor: int) -> str:
    red, green, blue = colour_of(actor)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else "black"


def plural(count: int, noun: str) -> str:
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count} {noun}{ending}"

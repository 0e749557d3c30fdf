"""Drawings of memory accesses from a trace: sectors, banks, and the order of the tiles.

with watch() as trace:
    naive(a, b)
coalescing({"naive": request_of(trace, "a")})
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reference.shared.plots.style import GREY, LIGHT, PALETTE, Picture, headline, new_figure, styled
from reference.shared.simulators.trace import BANK_BYTES, BANKS, READ, SECTOR_BYTES, Request, Trace

LINE_BYTES = 128  # of the caches: four sectors
MOST_LINES, MOST_HIGH = 6, 8  # lines that are drawn of a request; words in a bank whose lanes are numbered
NUMBERED = 8  # one lane in eight gets its number, the middle one of a sector: more would cover each other
LONGEST_LINE = 68  # letters of a headline
USED, MOVED = PALETTE[0], PALETTE[5]


def request_of(trace: Trace, array: str, *, kind: int = READ, nth: int = 0) -> Request:
    """Return the nth request for `array` by the first warp of the first block that used it.

    kind: READ or WRITE. Raises KeyError for an unknown array and ValueError if there are fewer requests.
    """
    found = [each for each in trace.requests(*trace.of(array)) if each.kind == kind]
    first = [each for each in found if (each.block, each.warp) == (found[0].block, found[0].warp)]
    if not 0 <= nth < len(first):
        raise ValueError(
            f"request_of: expected nth below {len(first)}, the number of requests for {array!r}, got {nth}"
        )
    return first[nth]


@styled
def coalescing(requests: Mapping[str, Request], *, title: str = "") -> Picture:
    """Draw, for each request, its lines of 128 bytes, the sectors moved, and the elements used.

    requests: kernel -> one request of a warp to global memory, drawn one under the other; a number in a cell is the
    lane that reads it. Raises ValueError for no request, or one to shared memory.
    Source: CUDA C++ Best Practices Guide, "Coalesced Access to Global Memory": memory moves 32 bytes at once.
    """
    _check("coalescing", requests, shared=False)
    places = {name: _lines(each) for name, each in requests.items()}
    rows = [min(len(lines), MOST_LINES) + (len(lines) > MOST_LINES) for lines in places.values()]
    figure, grid = _stack(0.3, rows)
    told, shares = [], {}
    for axes, (name, request) in zip(grid, requests.items(), strict=True):
        _draw_lines(axes, places[name], request.space.itemsize)
        moved = request.sectors * SECTOR_BYTES
        shares[name] = request.useful_bytes / moved
        many = f"{request.sectors} sector{'s' if request.sectors > 1 else ''}"
        told.append(f"{name}: {many}, {moved} bytes moved, {request.useful_bytes} used")
        axes.set_title(told[-1])
    grid[-1].set_xticks(range(0, LINE_BYTES + 1, SECTOR_BYTES))
    grid[-1].set_xlabel("byte within a line of 128 (numbers: lanes of the warp)")
    listed = ", ".join(f"{name} {100 * share:.3g} %" for name, share in shares.items())
    finding = _headline(figure, title or f"Share of the moved bytes that a warp uses: {listed}")
    return Picture(figure, f"{finding}. {'; '.join(told)}.")


@styled
def bank_conflicts(requests: Mapping[str, Request], *, title: str = "") -> Picture:
    """Draw, for each request, the 32 banks, and over each the different words that the warp reads from it.

    requests: kernel -> one request of a warp to shared memory. The highest column is the number of turns; a bank
    serves several lanes at one word in one turn. Raises ValueError for no request, or one to global memory.
    Source: CUDA C++ Programming Guide, "Shared Memory".
    """
    _check("bank_conflicts", requests, shared=True)
    ways = {name: each.ways for name, each in requests.items()}
    figure, grid = _stack(0.3, [each if each <= MOST_HIGH else 0.2 * each for each in ways.values()])
    for axes, (name, request) in zip(grid, requests.items(), strict=True):
        _draw_banks(axes, request)
        axes.set_title(f"{name}: {_turns(ways[name])}")
    banks = [*range(0, BANKS, 8), BANKS - 1]
    grid[-1].set_xticks([bank + 0.5 for bank in banks], [str(bank) for bank in banks])
    numbered = " (numbers in cells: lanes of the warp)" if min(ways.values()) <= MOST_HIGH else ""
    grid[-1].set_xlabel(f"bank{numbered}")
    listed = ", ".join(f"{name}: {_turns(each)}" for name, each in ways.items())
    finding = _headline(figure, title or listed[:1].upper() + listed[1:])
    return Picture(figure, f"{finding}: the words that a warp reads from the 32 banks of shared memory.")


@styled
def tile_orders(
    orders: Mapping[str, Sequence[tuple[int, int]]],
    *,
    tiles_m: int = 16,
    tiles_n: int = 16,
    programs: int = 32,
) -> Picture:
    """Draw the tiles of C that the first `programs` programs compute, and the strips of A and B that they read.

    orders: name -> (row, column) of the tile of each program. Above each map are the column strips of B, to its left
    the row strips of A; the coloured ones are read. Raises ValueError unless an order has at least `programs` tiles,
    all of them inside C.
    """
    figure, grid = new_figure(8.6, 4.9, 1, len(orders), squeeze=False)
    told, totals = [], []
    for axes, (name, order) in zip(grid[0], orders.items(), strict=True):
        first = [(int(row), int(column)) for row, column in list(order)[:programs]]
        inside = all(0 <= row < tiles_m and 0 <= column < tiles_n for row, column in first)
        if not 1 <= programs == len(first) or not inside:
            raise ValueError(
                f"tile_orders: expected {programs} tiles or more, all inside {tiles_m} x {tiles_n}, for {name!r}"
            )
        rows, columns = {row for row, _ in first}, {column for _, column in first}
        told.append(f"{name}: {len(rows)} of A + {len(columns)} of B = {len(rows) + len(columns)}")
        totals.append(f"{len(rows) + len(columns)} {name}")
        _cell(axes, 0, 0, LIGHT, width=tiles_n, height=tiles_m)
        for step, (row, column) in enumerate(first):
            _cell(axes, column, row, PALETTE[0], alpha=1 - 0.75 * step / programs)
        for row in range(tiles_m):
            _cell(axes, -1.8, row, PALETTE[1] if row in rows else LIGHT, edge="white")
        for column in range(tiles_n):
            _cell(axes, column, -1.8, PALETTE[2] if column in columns else LIGHT, edge="white")
        _rule(axes, tiles_n, tiles_m)
        axes.text(-2.2, tiles_m / 2, "A", va="center", ha="right", color=PALETTE[1], fontweight="bold")
        axes.text(tiles_n / 2, -2.2, "B", va="bottom", ha="center", color=PALETTE[2], fontweight="bold")
        axes.set_title(told[-1], loc="center")
        axes.set_xlim(-4.2, tiles_n + 0.2)
        axes.set_ylim(tiles_m + 0.2, -4.0)
        axes.set_aspect("equal")
        axes.axis("off")
    finding = _headline(figure, f"Strips of A and B that {programs} programs read: {', '.join(totals)}")
    alt = f"{finding} ({'; '.join(told)}). C has {tiles_m} x {tiles_n} tiles; dark tiles come first."
    return Picture(figure, alt)


def _lines(request: Request) -> dict[int, dict[int, list[int]]]:
    """Return line -> byte within the line -> lanes, for every element used."""
    found: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    start = request.space.bytes_at(np.array(request.places))
    for lane, byte in zip(request.lanes, start, strict=True):
        found[int(byte) // LINE_BYTES][int(byte) % LINE_BYTES].append(lane)
    return dict(sorted(found.items()))


def _draw_lines(axes: Axes, lines: Mapping[int, Mapping[int, list[int]]], itemsize: int) -> None:
    shown = list(lines)[:MOST_LINES]
    for row, line in enumerate(shown):
        _cell(axes, 0, row, LIGHT, width=LINE_BYTES, alpha=0.5)
        for sector in {byte // SECTOR_BYTES for byte in lines[line]}:
            _cell(axes, sector * SECTOR_BYTES, row, MOVED, width=SECTOR_BYTES, alpha=0.45)
        crowded = len(lines[line]) > 4
        for byte, lanes in lines[line].items():
            _cell(axes, byte, row, USED, width=itemsize)
            _label(axes, byte + itemsize / 2, row + 0.5, lanes, crowded=crowded)
    _rule(axes, LINE_BYTES, len(shown), itemsize)
    for edge in range(0, LINE_BYTES + 1, SECTOR_BYTES):
        axes.plot([edge, edge], [0, len(shown)], color="black", linewidth=1.4, solid_capstyle="butt")
    high = len(shown)
    if len(lines) > MOST_LINES:
        left = len(lines) - MOST_LINES
        axes.text(
            0,
            high + 0.5,
            f"{left} more line{'s' if left > 1 else ''} like these",
            va="center",
            color=GREY,
        )
        high += 1
    axes.set_yticks([row + 0.5 for row in range(len(shown))], [f"line {line}" for line in shown])
    _plain(axes, LINE_BYTES, high)
    axes.invert_yaxis()


def _draw_banks(axes: Axes, request: Request) -> None:
    banks: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    words = request.space.bytes_at(np.array(request.places)) // BANK_BYTES
    for lane, word in zip(request.lanes, words, strict=True):
        banks[int(word) % BANKS][int(word)].append(lane)
    high = request.ways
    _cell(axes, 0, 0, LIGHT, width=BANKS, height=high, alpha=0.5)
    for bank in range(BANKS):
        for row, lanes in enumerate(banks[bank].values()):
            _cell(axes, bank, row, PALETTE[1] if len(banks[bank]) > 1 else PALETTE[0])
            if high <= MOST_HIGH:
                _label(axes, bank + 0.5, row + 0.5, lanes, crowded=len(banks) > 4)
    step = max(1, high // 2)
    _rule(axes, BANKS, high)
    ticks = range(step, high + 1, step)
    axes.set_yticks([tick - 0.5 for tick in ticks], [str(tick) for tick in ticks])
    axes.set_ylabel("turn")
    _plain(axes, BANKS, high)


def _cell(axes: Axes, x: float, y: float, colour: str, *, edge: str = "none", **size: float) -> None:
    """Draw a square of side 1, unless size has width= or height=; alpha= too."""
    style: dict[str, Any] = {"width": 1, "height": 1, "facecolor": colour, "edgecolor": edge, **size}
    axes.add_patch(Rectangle((x, y), **style))


def _rule(axes: Axes, width: int, height: int, step: int = 1) -> None:
    """Draw white lines between cells: frames of a thousand rectangles would take seconds."""
    style: dict[str, Any] = {"color": "white", "linewidth": 0.8}
    axes.vlines(range(0, width + 1, step), 0, height, **style)
    axes.hlines(range(height + 1), 0, width, **style)


def _label(axes: Axes, x: float, y: float, lanes: Iterable[int], *, crowded: bool) -> None:
    """Write the lane, or the number of lanes at one element. If crowded, only some lanes, which have room."""
    each = sorted(set(lanes))
    if len(each) > 1 and not crowded:
        axes.text(x + 3, y, f"×{len(each)}", ha="left", va="center", color="black")
    elif len(each) > 1:
        axes.text(x, y, f"×{len(each)}", ha="center", va="center", color="white")
    elif not crowded or each[0] % NUMBERED == NUMBERED // 2:
        axes.text(x, y, str(each[0]), ha="center", va="center", color="white")


def _plain(axes: Axes, width: float, height: float) -> None:
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_xticks([])
    axes.tick_params(colors="black", length=0)
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)


def _stack(unit: float, rows: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """Return a figure of axes one under the other, `unit` inches for each of their rows."""
    height = unit * sum(rows) + 0.5 * len(rows) + 1.0
    figure, grid = new_figure(8.2, height, len(rows), height_ratios=rows, squeeze=False)
    return figure, list(grid[:, 0])


def _headline(figure: Figure, finding: str) -> str:
    headline(figure, textwrap.fill(finding, LONGEST_LINE))
    return finding


def _turns(ways: int) -> str:
    return f"{ways} turn{'s' if ways > 1 else ''}"


def _check(name: str, requests: Mapping[str, Request], *, shared: bool) -> None:
    if not requests:
        raise ValueError(f"{name}: expected at least one request, got none")
    for kernel, each in requests.items():
        if (each.space.block >= 0) != shared:
            wanted, got = ("shared", "global") if shared else ("global", "shared")
            raise ValueError(
                f"{name}: expected a request of {kernel!r} to {wanted} memory, got {each.space.name} in {got} memory"
            )

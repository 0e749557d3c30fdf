"""Drawings of FlashAttention: the tiles of scores that it computes, and the memory that it saves."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.patches import Patch, Rectangle

from reference.shared.machine import human_bytes
from reference.shared.plots.style import LIGHT, PALETTE, Picture, headline, new_figure, styled, times

BLUE, ORANGE = PALETTE[0], PALETTE[1]
WHOLE, MASKED, SKIPPED = 0, 1, 2  # kinds of tiles


def visits(queries: int, keys: int, block_q: int, block_k: int, causal: bool) -> list[list[int]]:
    """Return, for each tile of queries, the kind of each tile of keys: WHOLE (no mask), MASKED or SKIPPED.

    causal: query i sees the keys 0 to i. Raises ValueError for sizes below 1.
    """
    if min(queries, keys, block_q, block_k) < 1:
        raise ValueError(f"visits: expected sizes of at least 1, got {queries}, {keys}, {block_q}, {block_k}")
    rows = []
    for i in range(0, queries, block_q):
        row = []
        for j in range(0, keys, block_k):
            if causal and j >= min(i + block_q, queries):
                row.append(SKIPPED)
            elif j + block_k > keys or (causal and j + block_k > i + 1):
                row.append(MASKED)
            else:
                row.append(WHOLE)
        rows.append(row)
    return rows


@styled
def tile_loop(
    queries: int = 8,
    keys: int = 8,
    block_q: int = 2,
    block_k: int = 1,
    *,
    causal: bool = True,
    legend: bool = True,
) -> Picture:
    """Draw the matrix of scores in tiles: each row of tiles is one program, which loops over its keys from the left.

    Raises ValueError for sizes below 1.
    """
    kinds = visits(queries, keys, block_q, block_k, causal)
    figure, axes = new_figure(7.6, 4.6)
    looks = {
        WHOLE: {"facecolor": BLUE, "alpha": 0.75, "edgecolor": "white"},
        MASKED: {"facecolor": ORANGE, "alpha": 0.8, "edgecolor": "white", "hatch": "//"},
        SKIPPED: {"facecolor": LIGHT, "alpha": 0.6, "edgecolor": "white"},
    }
    for row, of_row in enumerate(kinds):
        top, height = row * block_q, min(block_q, queries - row * block_q)
        for column, kind in enumerate(of_row):
            left, width = column * block_k, min(block_k, keys - column * block_k)
            axes.add_patch(Rectangle((left, top), width, height, linewidth=1.5, **looks[kind]))
        end = min(keys, sum(kind != SKIPPED for kind in of_row) * block_k)
        middle = top + height / 2
        arrow = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.6}
        axes.annotate("", (end, middle), (0, middle), arrowprops=arrow)
    axes.set_xlim(0, keys)
    axes.set_ylim(queries, 0)
    axes.set_aspect("equal" if max(queries, keys) <= 4 * min(queries, keys) else "auto")
    if max(len(kinds), len(kinds[0])) <= 12:
        axes.set_xticks(range(0, keys + 1, max(block_q, block_k)))
        axes.set_yticks(range(0, queries + 1, block_q))
    axes.set_xlabel(f"keys, {block_k} per tile")
    axes.set_ylabel(f"queries, {block_q} per tile")
    axes.grid(visible=False)
    told = {WHOLE: "no mask", MASKED: "with a mask", SKIPPED: "skipped"}
    flat = [kind for row in kinds for kind in row]
    entries = [
        Patch(label=f"{text}: {flat.count(kind)}", **looks[kind])
        for kind, text in told.items()
        if kind in flat
    ]
    if legend:
        figure.legend(handles=entries, loc="outside right center")
    visited = len(flat) - flat.count(SKIPPED)
    finding = f"{visited} of {len(flat)} tiles of scores are computed"
    headline(figure, f"Causal attention: {finding}" if causal else f"Attention: {finding}")
    counts = ", ".join(f"{flat.count(kind)} {text}" for kind, text in told.items())
    about = f"{queries} queries in tiles of {block_q}, {keys} keys in tiles of {block_k}"
    return Picture(
        figure, f"The matrix of scores, {about}; {finding}: {counts}. Each program goes from left to right."
    )


def score_bytes(length: int, itemsize: int = 2) -> int:
    """Return the bytes of one head's probabilities, length x length, which plain attention keeps."""
    return length * length * itemsize


def flash_bytes(length: int, d: int, itemsize: int = 2) -> int:
    """Return the bytes that FlashAttention keeps of one head besides q, k, v: o and a float32 per row."""
    return length * (d * itemsize + 4)


@styled
def memory_over_length(lengths: Sequence[int], *, d: int = 64, heads: int = 16, itemsize: int = 2) -> Picture:
    """Plot the bytes that one layer keeps for its backward pass, over the length: probabilities, or o and lse.

    By formula (`score_bytes` and `flash_bytes`), not measured. Raises ValueError for fewer than two lengths.
    """
    if len(lengths) < 2 or min(lengths) < 1:
        raise ValueError(
            f"memory_over_length: expected at least two lengths, all above 0, got {list(lengths)}"
        )
    sizes = sorted(lengths)
    plain = [heads * (score_bytes(n, itemsize) + n * d * itemsize) for n in sizes]
    flash = [heads * flash_bytes(n, d, itemsize) for n in sizes]
    figure, axes = new_figure(8.6, 4.6)
    for line, name, mark, colour in (
        (plain, "plain: p and o", "o", ORANGE),
        (flash, "flash: lse and o", "s", BLUE),
    ):
        axes.plot(sizes, line, marker=mark, color=colour, label=name)
        spot = {"textcoords": "offset points", "ha": "right", "color": colour, "fontweight": "bold"}
        axes.annotate(f"{name}, {human_bytes(line[-1])}", (sizes[-1], line[-1]), xytext=(-10, 6), **spot)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(sizes, [f"{n}" for n in sizes])
    powers = range(min(flash).bit_length() - 1, max(plain).bit_length() + 1, 4)
    axes.set_yticks([2**p for p in powers], [human_bytes(2**p) for p in powers])
    axes.minorticks_off()
    axes.set_xlabel(f"queries and keys ({heads} heads of {d}, {itemsize} bytes per number)")
    axes.set_ylabel("kept for backward")
    finding = f"At length {sizes[-1]} plain attention keeps {times(plain[-1] / flash[-1])} the bytes of flash attention"
    headline(figure, finding)
    listed = "; ".join(
        f"{n}: {human_bytes(a)} and {human_bytes(b)}" for n, a, b in zip(sizes, plain, flash, strict=True)
    )
    return Picture(
        figure, f"{finding}, by formula, for {heads} heads of {d}. Plain and flash at length {listed}."
    )

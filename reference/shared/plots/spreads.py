"""Charts of values that spread: a histogram with its middle marked, and medians with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reference.shared.plots.style import GREY, PALETTE, Picture, headline, new_figure, styled, three_digits

PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0}


@styled
def distribution(
    values: Sequence[float] | np.ndarray,
    *,
    title: str,
    x_label: str,
    marks: Mapping[str, float],
    count: str = "trials",
    within: tuple[float, float] | None = None,
    bins: int = 60,
) -> Picture:
    """A histogram with named upright lines. within: the range to draw; how many lie outside is written down.

    Raises ValueError for fewer than two values or a value that is not finite.
    """
    data = np.asarray(values, dtype=float)
    if data.ndim != 1 or len(data) < 2 or not np.isfinite(data).all():
        raise ValueError("distribution: expected at least two finite values in one dimension")
    low, high = within or (float(data.min()), float(data.max()))
    figure, axes = new_figure(8.6, 4.4)
    axes.hist(data, bins=bins, range=(low, high), color=PALETTE[5], edgecolor="white", linewidth=0.4)
    axes.set_ylim(top=axes.get_ylim()[1] * (1.02 + 0.1 * len(marks)))
    for number, (name, x) in enumerate(marks.items()):
        colour = (PALETTE[0], PALETTE[1], PALETTE[2], PALETTE[6])[number % 4]
        axes.axvline(x, color=colour, linestyle=("--", "-", "-.", ":")[number % 4], linewidth=2)
        # One line of text lower each time, so that marks which lie together can be read.
        spot: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        side = {"xytext": (6, -13 - 17 * number), "ha": "left"}
        if x > low + 0.72 * (high - low):
            side = {"xytext": (-6, -13 - 17 * number), "ha": "right"}
        axes.annotate(f"{name} {three_digits(x)}", (x, 1.0), color=colour, bbox=PAPER, **spot, **side)
    axes.set_xlim(low, high)
    outside = int(((data < low) | (data > high)).sum())
    below = f"\n({outside} of {len(data)} are outside the picture)" if outside else ""
    axes.set_xlabel(_plain(x_label) + below)
    axes.set_ylabel(_plain(count))
    axes.grid(axis="x", visible=False)
    headline(figure, _plain(title))
    listed = ", ".join(f"{name} {three_digits(x)}" for name, x in marks.items())
    return Picture(figure, f"{title}. Histogram of {len(data)} values over {x_label}: {listed}.")


@styled
def intervals(
    rows: Mapping[str, tuple[float, float, float]], *, title: str, x_label: str, even: float = 1.0
) -> Picture:
    """An interval and its middle for each row. rows: name -> (low, middle, high). even: the value of no difference.

    Intervals that contain `even` are grey: they show no difference. Raises ValueError for no rows or a middle outside.
    """
    if not rows or not all(low <= middle <= high for low, middle, high in rows.values()):
        raise ValueError(f"intervals: expected rows of (low, middle, high) in this order, got {dict(rows)}")
    figure, axes = new_figure(9.2, 0.62 * len(rows) + 1.9)
    told = []
    for row, (name, (low, middle, high)) in enumerate(rows.items()):
        same = low <= even <= high
        colour = GREY if same else PALETTE[1]
        axes.plot([low, high], [row, row], color=colour, linewidth=5, solid_capstyle="butt", alpha=0.45)
        axes.plot([middle], [row], "o", color=colour, markersize=10)
        says = "no difference" if same else three_digits(middle)
        says += f" ({three_digits(low)} to {three_digits(high)})"
        spot = {"xycoords": ("axes fraction", "data"), "va": "center"}
        axes.annotate(says, (1.02, row), color=colour, **spot)
        told.append(
            f"{name}: {middle:.3f}, {'no difference' if same else 'a difference'}, {low:.3f} to {high:.3f}"
        )
    axes.axvline(even, color="black", linewidth=1.2)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.tick_params(axis="y", colors="black", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    ends = [end for low, _, high in rows.values() for end in (low, high)] + [even]
    room = 0.08 * (max(ends) - min(ends)) or 0.05
    axes.set_xlim(min(ends) - room, max(ends) + room)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(x_label)
    headline(figure, title)
    return Picture(figure, f"{title}. {'; '.join(told)}.")


def _plain(text: str) -> str:
    """A dollar sign that stays one: matplotlib takes what is between two of them for a formula."""
    return text.replace("$", r"\$")

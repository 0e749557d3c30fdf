"""Charts of what was counted: shares of a total, and claims beside the recomputed figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reference.shared.plots.style import (
    GREY,
    LIGHT,
    PALETTE,
    Picture,
    headline,
    new_figure,
    styled,
    three_digits,
)

NARROW = 20  # ends of a log axis this close together get ticks between the powers of ten


@styled
def shares(rows: Mapping[str, Mapping[str, float]], *, title: str) -> Picture:
    """Bars of percent: for each row, its share of each total. rows: name -> {quantity: amount}.

    Raises ValueError for no rows, other quantities in another row, or a total that is not positive.
    """
    quantities = list(next(iter(rows.values()), {}))
    if not quantities or any(list(row) != quantities for row in rows.values()):
        raise ValueError("shares: expected rows with the same quantities")
    totals = {name: sum(row[name] for row in rows.values()) for name in quantities}
    if not all(total > 0 for total in totals.values()):
        raise ValueError(f"shares: expected positive totals, got {totals}")
    figure, axes = new_figure(9.2, 0.24 * len(rows) * (len(quantities) + 0.6) + 1.9)
    thick, told = 0.8 / len(quantities), []
    for number, quantity in enumerate(quantities):
        part = [100 * row[quantity] / totals[quantity] for row in rows.values()]
        places = np.arange(len(rows)) + thick * (number - (len(quantities) - 1) / 2)
        axes.barh(places, part, height=thick, color=PALETTE[number % len(PALETTE)], label=quantity)
        for place, value in zip(places, part, strict=True):
            axes.annotate(
                f"{value:.1f} %",
                (value, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=10.5,
            )
        most = max(range(len(part)), key=part.__getitem__)
        told.append(f"most {quantity}: {list(rows)[most]} with {part[most]:.0f} %")
    axes.set_yticks(range(len(rows)), list(rows))
    axes.tick_params(axis="y", colors="black", length=0)
    axes.invert_yaxis()
    axes.set_xlim(0, axes.get_xlim()[1] * 1.08)
    axes.set_xlabel("share of the total (%)")
    axes.grid(axis="y", visible=False)
    headline(figure, title)
    figure.legend(loc="outside right center")
    return Picture(figure, f"{title}. {'; '.join(told)}.")


@styled
def claims_chart(rows: Sequence[tuple[str, float, float, bool]], *, title: str | None = None) -> Picture:
    """A chart of the distance of each claim from the recomputed figure. rows: (name, claimed, right, True if it holds).

    Raises ValueError for no rows or a figure that is not positive.
    """
    if not rows or not all(claimed > 0 and right > 0 for _, claimed, right, _ in rows):
        raise ValueError("claims_chart: expected at least one row, and positive figures")
    ordered = sorted(rows, key=lambda row: row[1] / row[2])
    figure, axes = new_figure(9.2, 0.33 * len(rows) + 1.9)
    for row, (_, claimed, right, holds) in enumerate(ordered):
        ratio, colour = claimed / right, PALETTE[0] if holds else PALETTE[1]
        axes.plot([1, ratio], [row, row], color=LIGHT, linewidth=4, zorder=1, solid_capstyle="round")
        axes.plot([ratio], [row], "o" if holds else "X", color=colour, markersize=9 if holds else 10)
        text = "holds" if holds else f"{_short(claimed)} instead of {_short(right)}"
        spot = {"xycoords": ("axes fraction", "data"), "va": "center"}
        axes.annotate(text, (1.02, row), color=colour, **spot)
    axes.set_yticks(range(len(ordered)), [name for name, *_ in ordered])
    axes.tick_params(axis="y", colors="black", length=0)
    axes.set_ylim(len(ordered) - 0.4, -0.6)
    axes.axvline(1, color=GREY, linewidth=1)
    axes.set_xscale("log")
    ends = [claimed / right for _, claimed, right, _ in rows]
    low, high = min(*ends, 0.5) / 1.6, max(*ends, 2) * 1.6
    axes.set_xlim(low, high)
    near = high / low < NARROW
    wanted = (0.5, 0.7, 1, 1.5, 2, 3, 5) if near else (1e-3, 0.01, 0.1, 1, 10, 100, 1e3)
    ticks = [tick for tick in wanted if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}×" for tick in ticks])
    axes.minorticks_off()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("claimed / recomputed (log scale)")
    wrong = [name for name, _, _, holds in ordered if not holds]
    finding = title or f"{len(wrong)} of {len(rows)} claims do not hold"
    headline(figure, finding)
    return Picture(figure, f"{finding}: {'; '.join(wrong) or 'none'}.")


def _short(value: float) -> str:
    """Three digits, with an exponent for what is long: 0.102, 127, 3.8e9."""
    return three_digits(value) if value < 1e6 else f"{value:.3g}".replace("e+0", "e").replace("e+", "e")

"""The charts that every unit uses: a ladder of rates, a roofline, a sweep, a guess against a measurement."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from reference.shared.plots.style import (
    GREY,
    LIGHT,
    MARKERS,
    PALETTE,
    Picture,
    headline,
    new_figure,
    styled,
    three_digits,
    times,
)

WIDE = 50  # largest over smallest number: from here on an axis has powers of ten only


@styled
def ladder(
    rates: Mapping[str, float],
    *,
    peak: float,
    others: Mapping[str, float] | None = None,
    marked: Sequence[str] = (),
    title: str | None = None,
) -> Picture:
    """Bars of FLOP/s, one a rung, on a log scale up to the measured `peak` (FLOP/s).

    rates: rung -> FLOP/s, slowest kind first. others: libraries to compare with, in grey.
    marked: rungs that were measured at a smaller size and placed by their rate; they get a star.
    """
    others = dict(others or {})
    _check_positive("ladder", rates)
    _check_positive("ladder", {**others, "peak": peak})
    first, best = next(iter(rates.values())), max(rates.values())
    figure, axes = new_figure(9.2, 0.52 * (len(rates) + len(others)) + 1.9)
    bars = [*rates.items(), *others.items()]
    for row, (name, rate) in enumerate(bars):
        axes.barh(row, rate / 1e9, color=PALETTE[0] if name in rates else GREY, height=0.62)
        gain = f"   {times(rate / first)}" if row else ""
        inside = rate > 0.02 * peak
        text = f"{three_digits(rate / 1e9)} GFLOPS{gain}"
        place = {"xytext": (-6 if inside else 6, 0), "textcoords": "offset points", "va": "center"}
        colours = {"ha": "right", "color": "white"} if inside else {"ha": "left", "color": "black"}
        axes.annotate(text, (rate / 1e9, row), **place, **colours)
    axes.set_yticks(range(len(bars)), [f"{name} *" if name in marked else name for name, _ in bars])
    axes.tick_params(axis="y", colors="black", length=0)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axes.axvline(peak / 1e9, color=PALETTE[1], linestyle="--")
    axes.annotate(
        f"peak {three_digits(peak / 1e9)}",
        (peak / 1e9, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        color=PALETTE[1],
    )
    axes.grid(axis="y", visible=False)
    star = "     * timed at a smaller n" if marked else ""
    axes.set_xlabel(f"GFLOPS (log scale){star}")
    finding = title or f"{times(best / first)} faster than {next(iter(rates))}: {best / peak:.0%} of the peak"
    headline(figure, finding)
    listed = "; ".join(f"{name} {three_digits(rate / 1e9)} GFLOPS" for name, rate in bars)
    return Picture(figure, f"Ladder: {finding}. {listed}; measured peak {three_digits(peak / 1e9)} GFLOPS.")


@styled
def roofline(
    points: Mapping[str, tuple[float, float]],
    peaks: Mapping[str, float],
    bandwidths: Mapping[str, float],
    *,
    title: str = "Roofline",
    x_label: str = "FLOP for each byte that the inner loop asks for",
    tera: bool = False,
    room: float = 6,
) -> Picture:
    """Points under the machine's limits: min(peak, bandwidth * intensity).

    points: name -> (FLOP per byte, FLOP/s). peaks: name -> FLOP/s, drawn flat. bandwidths: name -> bytes/s,
    drawn as slopes up to the highest peak. All must be positive. tera: TFLOPS and TB/s for GFLOPS and GB/s.
    room: how far left of the first point, as a factor, the slopes begin.
    Source: Williams, Waterman and Patterson, CACM 2009; with one slope a cache level, as in Ilic, Pratas and
    Sousa, CAL 2014.
    """
    _check_positive("roofline", {**peaks, **bandwidths})
    _check_positive("roofline", {name: min(pair) for name, pair in points.items()})
    top = max(peaks.values())
    xs = [x for x, _ in points.values()] + [top / rate for rate in bandwidths.values()]
    low, high = min(xs) / room, max(xs) * 3
    size, flops, bytes_a_second = (1e12, "TFLOPS", "TB/s") if tera else (1e9, "GFLOPS", "GB/s")
    figure, axes = new_figure(9.2, 5.8)
    for number, (name, (x, y)) in enumerate(points.items()):
        colour, marker = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)]
        point = {"markersize": 10, "zorder": 3, "markeredgecolor": "white"}
        axes.plot([x], [y / size], marker, color=colour, label=name, **point)
    for number, (name, rate) in enumerate(peaks.items()):
        dash, label = ("-", "--")[number % 2], f"peak, {name}: {three_digits(rate / size)} {flops}"
        axes.plot(
            [low, high], [rate / size] * 2, dash, color=PALETTE[1], linewidth=1.8, label=label, zorder=2
        )
    # The lines are named in the legend: along the slopes a name would cover its neighbours and the points.
    for number, (name, rate) in enumerate(bandwidths.items()):
        dash, label = (
            ("-", "--", "-.", ":")[number % 4],
            f"{name}: {three_digits(rate / size)} {bytes_a_second}",
        )
        ends = [low, top / rate], [low * rate / size, top / size]
        axes.plot(*ends, dash, color=GREY, linewidth=1.8, label=label, zorder=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    lowest = min([y for _, y in points.values()] + [low * min(bandwidths.values())])
    axes.set_ylim(lowest / size / 2, top / size * 2)
    axes.set_xlabel(x_label)
    axes.set_ylabel(flops)
    headline(figure, title)
    figure.legend(loc="outside right center")
    listed = "; ".join(
        f"{name} at {three_digits(x)} FLOP/byte, {three_digits(y / size)} {flops}"
        for name, (x, y) in points.items()
    )
    return Picture(figure, f"Roofline: {title}. {listed}. Highest peak {three_digits(top / size)} {flops}.")


@styled
def sweep(
    series: Mapping[str, Mapping[float, float]],
    *,
    title: str,
    x_label: str,
    y_label: str,
    marks: Mapping[str, float] | None = None,
    levels: Mapping[str, float] | None = None,
    log_y: bool = False,
) -> Picture:
    """Lines over a swept size. series: name -> {x: y}.

    marks: label -> x, dotted upright lines. levels: label -> y, dashed flat ones.
    Raises ValueError for nothing to draw.
    """
    if not series or not all(series.values()):
        raise ValueError("sweep: expected at least one series, each with at least one point")
    figure, axes = new_figure()
    for number, (name, line) in enumerate(series.items()):
        xs = sorted(line)
        colour, marker = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)]
        axes.plot(xs, [line[x] for x in xs], marker=marker, color=colour, label=name)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    if log_y:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    else:
        axes.set_ylim(bottom=0)
    if levels:
        axes.set_ylim(top=max(axes.get_ylim()[1], 1.08 * max(levels.values())))
    for label, x in (marks or {}).items():
        axes.axvline(x, color=GREY, linestyle=":", linewidth=1.6)
        spot = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "ha": "center"}
        axes.annotate(label, (x, 1.0), xytext=(0, 4), color=GREY, **spot)
    for label, y in (levels or {}).items():
        axes.axhline(y, color=PALETTE[1], linestyle="--", linewidth=1.8)
        spot = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "right"}
        axes.annotate(label, (1.0, y), xytext=(0, 4), color=PALETTE[1], **spot)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    headline(figure, title)
    if len(series) > 1:
        figure.legend(loc="outside right center")
    listed = "; ".join(f"{name}: {_ends(line)}" for name, line in series.items())
    return Picture(figure, f"{title}. {y_label} over {x_label}. {listed}.")


@styled
def prediction_vs_measured(
    predicted: Mapping[str, float],
    measured: Mapping[str, float],
    *,
    whose: str = "your guess",
    of: str = "gain over the rung before",
    unit: str = "×",
) -> Picture:
    """A hollow ring for each guess, a full one for what came out, and by how much the guess was off.

    predicted, measured: name -> positive number, with the same keys. of: a phrase that says which numbers these are.
    unit: what follows a number on the axis. Raises ValueError when the keys differ or a number is not positive.
    """
    if list(predicted) != list(measured):
        raise ValueError(f"expected the same steps in both, got {list(predicted)} and {list(measured)}")
    _check_positive("prediction_vs_measured", predicted)
    _check_positive("prediction_vs_measured", measured)
    off = {name: predicted[name] / measured[name] for name in predicted}
    worst = max(off, key=lambda name: max(off[name], 1 / off[name]))
    typical = sorted(max(ratio, 1 / ratio) for ratio in off.values())[len(off) // 2]
    figure, axes = new_figure(9.2, 0.58 * len(off) + 2.2)
    for row, name in enumerate(off):
        guess, real = predicted[name], measured[name]
        axes.plot([guess, real], [row, row], color=LIGHT, linewidth=5, zorder=1, solid_capstyle="round")
        axes.plot(
            [guess], [row], "o", markersize=11, markerfacecolor="white", markeredgecolor=PALETTE[1], mew=2.2
        )
        axes.plot([real], [row], "o", markersize=10, color=PALETTE[0])
        spot = {"xycoords": ("axes fraction", "data"), "va": "center"}
        axes.annotate(how_far_off(guess, real), (1.02, row), **spot)
    axes.plot(
        [], [], "o", markersize=11, markerfacecolor="white", markeredgecolor=PALETTE[1], mew=2.2, label=whose
    )
    axes.plot([], [], "o", markersize=10, color=PALETTE[0], label="measured")
    axes.set_yticks(range(len(off)), list(off))
    axes.tick_params(axis="y", colors="black", length=0)
    axes.set_ylim(len(off) - 0.4, -0.6)
    axes.set_xscale("log")
    numbers = [*predicted.values(), *measured.values()]
    wide = max(numbers) / min(numbers) > WIDE
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}{unit}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.axvline(1, color=GREY, linewidth=1)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"{of} (log scale)")
    most = times(max(off[worst], 1 / off[worst]))
    headline(figure, f"Half of the guesses were off by {times(typical)} or more; {worst} by {most}")
    figure.legend(loc="outside lower center", ncols=2)
    listed = "; ".join(
        f"{name}: guessed {three_digits(predicted[name])}, measured {three_digits(measured[name])}"
        for name in off
    )
    return Picture(figure, f"Prediction against measurement: {of}. {listed}.")


def how_far_off(guess: float, real: float) -> str:
    """'2.0× too high', '3.1× too low' or 'right', for a guess within 5 %."""
    ratio = guess / real
    if max(ratio, 1 / ratio) < 1.05:
        return "right"
    return f"{three_digits(max(ratio, 1 / ratio))}× too {'high' if ratio > 1 else 'low'}"


def _ends(line: Mapping[float, float]) -> str:
    low, high = min(line), max(line)
    return f"{three_digits(line[low])} at {low:g}, {three_digits(line[high])} at {high:g}"


def label_slope(figure: Figure, axes: Axes, text: str, x: float, y: float, *, below: bool = False) -> None:
    """Write along the line y ~ x that passes through (x, y) on log axes, above it or `below` it."""
    figure.draw_without_rendering()  # the layout decides the angle, so it has to be settled first
    (x0, y0), (x1, y1) = axes.transData.transform([(x, y), (10 * x, 10 * y)])
    angle = math.degrees(math.atan2(y1 - y0, x1 - x0))
    place = {"xytext": (0, -4 if below else 3), "va": "top" if below else "bottom"}
    along = {"rotation": angle, "rotation_mode": "anchor", "textcoords": "offset points"}
    axes.annotate(text, (x, y), color=GREY, **place, **along)


def _check_positive(name: str, values: Mapping[str, float]) -> None:
    if not values:
        raise ValueError(f"{name}: expected at least one value, got none")
    for key, value in values.items():
        if not value > 0:
            raise ValueError(f"{name}: expected a positive value for {key!r}, got {value!r}")

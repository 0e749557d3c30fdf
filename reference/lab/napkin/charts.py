"""The charts of counting and measuring: a formula beside what came out, a spread of costs, times on one axis."""

from __future__ import annotations

from collections.abc import Mapping

from reference.shared.machine import human_bytes
from reference.shared.plots.charts import how_far_off, label_slope
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
from reference.shared.timing.stopwatch import human_seconds

Line = Mapping[float, float]
MOST_TICKS = 8  # more sizes than this would run into each other
WANTED_TICKS = [10.0**power for power in range(-10, 1)]


@styled
def model_and_points(
    models: Mapping[str, Line],
    measured: Mapping[str, Line],
    *,
    title: str,
    x_label: str,
    y_label: str,
    log_x: bool = True,
    log_y: bool = True,
    marks: Mapping[str, float] | None = None,
    formulas: Mapping[str, str] | None = None,
) -> Picture:
    """Draw the values of a formula as lines and the measured ones as points, over the same size.

    models, measured: name -> {x: y}; a name in both gets one colour. marks: label -> x, dotted upright lines.
    formulas: name -> what the legend says of its line.
    Raises ValueError for nothing to draw, for a series without points, and for a number that a log axis
    cannot show.
    """
    names = list(dict.fromkeys([*measured, *models]))
    lines = [*models.values(), *measured.values()]
    if not lines or not all(lines):
        raise ValueError("model_and_points: expected at least one series, each with at least one point")
    for x, y in (pair for line in lines for pair in line.items()):
        if (log_x and not x > 0) or (log_y and not y > 0):
            raise ValueError(f"model_and_points: a log axis needs positive numbers, got ({x!r}, {y!r})")
    figure, axes = new_figure(8.6, 4.8)
    for number, name in enumerate(names):
        colour, formula = PALETTE[number % len(PALETTE)], (formulas or {}).get(name)
        label = f"{name}:\n{formula}" if formula else name
        if name in models:
            xs, dash = sorted(models[name]), ("-", "--", ":")[number // len(PALETTE) % 3]
            axes.plot(xs, [models[name][x] for x in xs], dash, color=colour, linewidth=1.8, zorder=2)
        if name in measured:
            xs, marker = sorted(measured[name]), MARKERS[number % len(MARKERS)]
            ends = {"color": colour, "markersize": 9, "markeredgecolor": "white", "zorder": 3}
            axes.plot(xs, [measured[name][x] for x in xs], marker, **ends)
        shape = {"marker": MARKERS[number % len(MARKERS)] if name in measured else None, "markersize": 9}
        axes.plot([], [], "-" if name in models else "", color=colour, linewidth=1.8, label=label, **shape)
    if log_x:
        axes.set_xscale("log")
        sizes = sorted({x for line in measured.values() for x in line})
        axes.xaxis.set_major_formatter(lambda x, _: _size(x))
        if 2 <= len(sizes) <= MOST_TICKS:
            axes.set_xticks(sizes, [_size(x) for x in sizes])
            axes.minorticks_off()
    if log_y:
        axes.set_yscale("log")
        for formatter in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
            formatter(_first_digits)
    else:
        axes.set_ylim(bottom=0)
    for label, x in (marks or {}).items():
        axes.axvline(x, color=GREY, linestyle=":", linewidth=1.6)
        spot = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "ha": "center"}
        axes.annotate(label, (x, 1.0), xytext=(0, 4), color=GREY, **spot)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    headline(figure, title)
    both = {"title": "points: measured\nlines: formula"} if models and measured else {}
    figure.legend(loc="outside right center", alignment="left", **both)
    told = [_told(name, line, "measured") for name, line in measured.items()]
    told += [_told(name, line, "formula") for name, line in models.items()]
    return Picture(figure, f"{title}. {y_label} over {x_label}. {'; '.join(told)}.")


@styled
def predicted_roofline(
    points: Mapping[str, tuple[float, float]], *, peak: float, bandwidth: float, title: str | None = None
) -> Picture:
    """Each piece of work twice: a ring on the roof, where the formula puts it, and a point where it came out.

    points: name -> (FLOP per byte, measured FLOP/s). peak: FLOP/s. bandwidth: bytes/s from memory. The roof is
    min(peak, bandwidth * intensity). Raises ValueError for no points or a number that is not positive.
    Source: Williams, Waterman and Patterson, CACM 2009.
    """
    values = [number for pair in points.values() for number in pair]
    if not points or not all(number > 0 for number in (*values, peak, bandwidth)):
        raise ValueError("predicted_roofline: expected points, and all of them, peak and bandwidth positive")
    ridge = peak / bandwidth
    low, high = (
        min([ridge, *(x for x, _ in points.values())]) / 60,
        max([ridge, *(x for x, _ in points.values())]) * 6,
    )
    figure, axes = new_figure(9.2, 5.4)
    roof = [min(peak, x * bandwidth) / 1e9 for x in (low, ridge, high)]
    axes.plot([low, ridge, high], roof, color=GREY, linewidth=2.4, zorder=1)
    told = []
    for number, (name, (x, rate)) in enumerate(points.items()):
        colour, marker = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)]
        most = min(peak, x * bandwidth)
        axes.plot([x, x], [most / 1e9, rate / 1e9], color=colour, linewidth=1.4, alpha=0.6, zorder=2)
        axes.plot(
            [x], [most / 1e9], "o", markersize=11, markerfacecolor="white", markeredgecolor=colour, mew=2
        )
        label = f"{name}: {rate / most:.0%}"
        axes.plot(
            [x], [rate / 1e9], marker, color=colour, markersize=10, markeredgecolor="white", label=label
        )
        told.append(
            f"{name} at {three_digits(x)} FLOP/byte, {three_digits(rate / 1e9)} GFLOPS, {rate / most:.0%}"
        )
    axes.plot(
        [], [], "o", markersize=11, markerfacecolor="white", markeredgecolor=GREY, mew=2, label="predicted"
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    lowest = min([rate for _, rate in points.values()] + [low * bandwidth])
    axes.set_ylim(lowest / 2e9, peak / 1e9 * 2.5)
    axes.plot([ridge, ridge], [lowest / 2e9, peak / 1e9], color=GREY, linestyle=":", linewidth=1.6, zorder=1)
    beside = {"textcoords": "offset points", "color": GREY}
    text = f"peak {three_digits(peak / 1e9)} GFLOPS"
    axes.annotate(text, (high, peak / 1e9), xytext=(-4, 10), ha="right", **beside)
    text = f"ridge\n{three_digits(ridge)} FLOP/byte"
    axes.annotate(text, (ridge, lowest / 2e9), xytext=(5, 7), ha="left", **beside)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("FLOP for each byte to or from memory")
    axes.set_ylabel("GFLOPS")
    finding = (
        title or f"From {three_digits(ridge)} FLOP a byte on this machine computes, below it waits for memory"
    )
    headline(figure, finding)
    figure.legend(loc="outside right center", title="measured / predicted", alignment="left")
    text = f"memory {three_digits(bandwidth / 1e9)} GB/s"
    # Below the line, at its start: the points are further up.
    label_slope(figure, axes, text, low * 1.3, low * 1.3 * bandwidth / 1e9, below=True)
    return Picture(figure, f"Roofline: {finding}. Measured, as a share of the prediction: {'; '.join(told)}.")


@styled
def latencies(
    measured: Mapping[str, float],
    guessed: Mapping[str, float] | None = None,
    *,
    whose: str = "your guess",
    title: str = "",
) -> Picture:
    """Seconds on one log axis, a row each, shortest first; a ring beside each where there was a guess.

    measured, guessed: name -> seconds, with the same names. Raises ValueError for other names, no names, or a
    time that is not positive.
    """
    guessed = dict(guessed or {})
    if not measured or (guessed and set(guessed) != set(measured)):
        raise ValueError(
            f"latencies: expected the same names in both, got {list(measured)} and {list(guessed)}"
        )
    if not all(seconds > 0 for seconds in (*measured.values(), *guessed.values())):
        raise ValueError("latencies: expected positive seconds")
    names = sorted(measured, key=lambda name: measured[name])
    figure, axes = new_figure(9.2, 0.46 * len(names) + 1.9)
    for row, name in enumerate(names):
        real = measured[name]
        if guessed:
            guess = guessed[name]
            axes.plot([guess, real], [row, row], color=LIGHT, linewidth=5, zorder=1, solid_capstyle="round")
            ring = {"markerfacecolor": "white", "markeredgecolor": PALETTE[1], "mew": 2.2}
            axes.plot([guess], [row], "o", markersize=11, label=whose if not row else None, **ring)
        axes.plot([real], [row], "o", markersize=10, color=PALETTE[0], label=None if row else "measured")
        text = human_seconds(real) + (f", guess {how_far_off(guessed[name], real)}" if guessed else "")
        spot = {"xycoords": ("axes fraction", "data"), "va": "center"}
        axes.annotate(text, (1.02, row), **spot)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", colors="black", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xscale("log")
    ends = [*measured.values(), *guessed.values()]
    axes.set_xlim(min(ends) / 3, max(ends) * 3)
    ticks = [tick for tick in WANTED_TICKS if min(ends) / 3 <= tick <= max(ends) * 3]
    axes.set_xticks(ticks, [human_seconds(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("time (log scale)")
    apart = measured[names[-1]] / measured[names[0]]
    finding = title or f"{names[-1]} takes {times(apart)} as long as {names[0]}"
    headline(figure, finding[:1].upper() + finding[1:])
    if guessed:
        figure.legend(loc="outside lower center", ncols=2)
    listed = "; ".join(f"{name} {human_seconds(measured[name])}" for name in names)
    return Picture(figure, f"{finding}. {listed}.")


@styled
def staircase(seconds: Mapping[int, float], caches: Mapping[str, int], *, title: str = "") -> Picture:
    """Latency of one read over the bytes that the reads wander through, with the sizes of the caches marked.

    seconds: bytes -> seconds. caches: name -> bytes. Raises ValueError for fewer than two sizes, or a number that
    is not positive.
    """
    if len(seconds) < 2 or not all(size > 0 and time > 0 for size, time in seconds.items()):
        raise ValueError("staircase: expected at least two sizes, and positive sizes and seconds")
    sizes = sorted(seconds)
    figure, axes = new_figure(9.2, 4.6)
    axes.plot(sizes, [1e9 * seconds[size] for size in sizes], "o-", color=PALETTE[0])
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    wanted = sizes[:: max(1, round(len(sizes) / 7))]
    axes.set_xticks(wanted, [human_bytes(size) for size in wanted])
    axes.minorticks_off()
    for name, size in caches.items():
        if sizes[0] <= size <= sizes[-1]:
            axes.axvline(size, color=GREY, linestyle=":", linewidth=1.6)
            spot = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "ha": "center"}
            axes.annotate(f"{name} is full", (size, 1.0), xytext=(0, 4), color=GREY, **spot)
    for size, side, away in ((sizes[0], "left", 10), (sizes[-1], "right", -20)):
        spot = {"textcoords": "offset points", "ha": side, "color": PALETTE[0]}
        axes.annotate(human_seconds(seconds[size]), (size, 1e9 * seconds[size]), xytext=(0, away), **spot)
    axes.set_ylim(top=axes.get_ylim()[1] * 1.3)
    axes.set_xlabel("bytes that the walk visits")
    axes.set_ylabel("nanoseconds a read")
    least, most = human_seconds(seconds[sizes[0]]), human_seconds(seconds[sizes[-1]])
    finding = title or f"A read takes {least} nearby and {most} far away"
    headline(figure, finding)
    listed = ", ".join(f"{human_seconds(seconds[size])} in {human_bytes(size)}" for size in wanted)
    return Picture(figure, f"{finding}. {listed}.")


def _told(name: str, line: Line, kind: str) -> str:
    low, high = min(line), max(line)
    return f"{name}, {kind}: {three_digits(line[low])} at {low:g}, {three_digits(line[high])} at {high:g}"


def _size(x: float) -> str:
    return f"{x:g}" if x < 1000 else f"{x / 1000:g}k"


def _first_digits(y: float, _: object) -> str:
    """A label for 1, 2 and 5 of each power of ten: more would run into each other."""
    return f"{y:g}" if f"{y:.0e}"[0] in "125" else ""

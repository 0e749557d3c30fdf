"""Functions timed in a given order, their ratios drawn with intervals, and walks through permutations."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from reference.shared.plots.spreads import intervals
from reference.shared.plots.style import Picture
from reference.shared.plots.tables import Table
from reference.shared.timing.stopwatch import compare, human_seconds

Interval = Callable[..., tuple[float, float]]


def time_in_turns(
    functions: Mapping[str, Callable[[], object]], rounds: Sequence[Sequence[str]], calls: int
) -> dict[str, list[float]]:
    """Name -> seconds of one call, a number a round. rounds: the names in the order in which they run.

    Each run is `calls` calls, one after the other, so that the clock's steps do not matter.
    """
    samples: dict[str, list[float]] = {name: [] for name in functions}
    for order in rounds:
        for name in order:
            fn = functions[name]
            start = time.perf_counter()
            for _ in range(calls):
                fn()
            samples[name].append((time.perf_counter() - start) / calls)
    return samples


def ratio_chart(samples: Mapping[str, Sequence[float]], base: str, ratio_interval: Interval) -> Picture:
    """The time of each function relative to `base`: the median over the rounds, and your interval of 95 %."""
    compared = {}
    for name, runs in samples.items():
        if name != base:
            low, high = ratio_interval(runs, samples[base], seed=0)
            middle = float(np.median(np.divide(runs, samples[base])))
            compared[name] = (min(low, middle), middle, max(high, middle))
    return intervals(
        compared,
        title="An interval that contains 1 shows no difference",
        x_label=f"time relative to {base} (median and 95 % interval)",
    )


def comparison_table(functions: Mapping[str, Callable[[], object]]) -> Table:
    """The course's own `compare`: each function's median, and its speed relative to the first, with an interval."""
    found = compare(functions)
    rows = [(found.first, human_seconds(found.timings[found.first].seconds), "–", "–")]
    for name, ratio in found.ratios.items():
        verdict = f"{ratio.value:.3g} times as fast" if ratio.differs else "no difference"
        median, interval = human_seconds(found.timings[name].seconds), f"{ratio.low:.3g} to {ratio.high:.3g}"
        rows.append((name, median, verdict, interval))
    header = ("function", "median", f"beside {found.first}", "95 % interval")
    return Table(header, tuple(rows), note="; ".join(found.warnings))


def steps_to_return(after: np.ndarray) -> int:
    """Steps until a walk from place 0 along `after` is back at place 0: the length of its cycle."""
    place, steps = int(after[0]), 1
    while place:
        place, steps = int(after[place]), steps + 1
    return steps

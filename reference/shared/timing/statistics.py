"""Statistics of repeated runs: a median with its interval, and the comparison of functions that ran in turns."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from reference.shared.timing.conditions import clock_resolution

MIN_TICKS = 1000  # a run must span this many steps of the clock: an error of 0.1 % at most
NOISY_SPREAD = 0.10
LEVEL, RESAMPLES, SEED = 0.95, 2000, 0
LEAST_ROUNDS = 6  # the median lies outside of 5 runs' range in one case of 16: too often for 95 %


@dataclass(frozen=True)
class Timing:
    """The times of repeated runs of one function, in seconds for each call."""

    seconds: float  # the median
    fastest: float
    low: float  # first quartile
    high: float  # third quartile
    repeats: int
    batch: int  # calls in a run: more than 1 when one call is too short to time
    runs: tuple[float, ...] = field(default=(), repr=False)  # in the order in which they ran

    @property
    def spread(self) -> float:
        """The width of the middle half of the runs, relative to the median: 0.02 is good, 0.2 is noise."""
        return (self.high - self.low) / self.seconds if self.seconds else 0.0

    @property
    def noisy(self) -> bool:
        return self.spread > NOISY_SPREAD

    @property
    def coarse(self) -> bool:
        """True if a run was too short for the clock, even as a batch of calls."""
        return self.seconds * self.batch < MIN_TICKS / 2 * clock_resolution()

    @cached_property
    def interval(self) -> tuple[float, float]:
        """(low, high) in seconds: the 95 % bootstrap interval of the median. The same runs give the same interval.

        Raises ValueError for fewer than 6 runs, which are too few for a 95 % interval.
        """
        return bootstrap_interval(self.runs)

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each problem of this timing."""
        found = []
        if self.coarse:
            found.append(
                f"a run of {human_seconds(self.seconds * self.batch)} is too short for a clock that moves in steps "
                f"of {human_seconds(clock_resolution())}"
            )
        if self.noisy:
            found.append(f"noisy: middle half spans {self.spread:.0%}")
        return tuple(found)

    def rate(self, work: float) -> float:
        """`work` units a second: FLOP -> FLOP/s, bytes -> bytes/s. Raises ValueError for negative work."""
        if work < 0:
            raise ValueError(f"Timing.rate: expected work of at least 0, got {work}")
        return work / self.seconds

    def __str__(self) -> str:
        warnings = "".join(f", {warning}" for warning in self.warnings)
        return f"{human_seconds(self.seconds)} (median of {self.repeats}{warnings})"


@dataclass(frozen=True)
class Ratio:
    """The speed of a function relative to the first one: the median over the rounds, and its interval."""

    value: float
    low: float
    high: float

    @property
    def differs(self) -> bool:
        """True if the interval excludes 1: only then is one of the two faster."""
        return not self.low <= 1 <= self.high

    def against(self, first: str) -> str:
        """In words: '1.42 times as fast as loops (1.38 to 1.47)', or that there is no difference."""
        span = f"{self.low:.3g} to {self.high:.3g}"
        if not self.differs:
            return f"no difference from {first} ({span} times as fast)"
        return f"{self.value:.3g} times as fast as {first} ({span})"

    def __str__(self) -> str:
        return self.against("the first")


@dataclass(frozen=True)
class Comparison:
    """Functions that ran in turns, each compared with the first, round by round, so that slow moments cancel."""

    timings: Mapping[str, Timing]

    def __post_init__(self) -> None:
        counts = {name: len(timing.runs) for name, timing in self.timings.items()}
        if len(counts) < 2 or len(set(counts.values())) > 1:
            raise ValueError(f"expected two functions or more with as many runs each, got {counts or 'none'}")

    @property
    def first(self) -> str:
        """The function that the others are compared with."""
        return next(iter(self.timings))

    @cached_property
    def ratios(self) -> dict[str, Ratio]:
        """Name -> speed relative to the first function, for every other function.

        Raises ValueError for fewer than 6 rounds.
        """
        base = self.timings[self.first].runs
        others = [name for name in self.timings if name != self.first]
        return {name: ratio_of(base, self.timings[name].runs) for name in others}

    @property
    def warnings(self) -> tuple[str, ...]:
        """The timings' warnings, each with the function's name."""
        return tuple(f"{name}: {text}" for name, timing in self.timings.items() for text in timing.warnings)

    def __str__(self) -> str:
        lines = [f"{self.first}: {human_seconds(self.timings[self.first].seconds)}"]
        for name, ratio in self.ratios.items():
            lines.append(f"{name}: {human_seconds(self.timings[name].seconds)}, {ratio.against(self.first)}")
        return "\n".join(lines + [f"warning: {warning}" for warning in self.warnings])


def timing_of(runs: Sequence[float], batch: int) -> Timing:
    """The Timing of runs, in seconds for each call, in the order in which they ran. Raises ValueError for none."""
    if not runs:
        raise ValueError("expected at least one run, got none")
    low, middle, high = (
        (runs[0],) * 3 if len(runs) == 1 else statistics.quantiles(runs, n=4, method="inclusive")
    )
    return Timing(middle, min(runs), low, high, len(runs), batch, tuple(runs))


def ratio_of(base: Sequence[float], other: Sequence[float]) -> Ratio:
    """The speed of `other` relative to `base`: seconds, paired by round. Raises ValueError for fewer than 6 rounds."""
    if min((*base, *other), default=0) <= 0:
        raise ValueError("expected runs above 0 s to compare, got one of 0 s: the clock did not move")
    ratios = [a / b for a, b in zip(base, other, strict=True)]
    return Ratio(statistics.median(ratios), *bootstrap_interval(ratios))


def bootstrap_interval(values: Sequence[float]) -> tuple[float, float]:
    """(low, high): the 95 % percentile bootstrap interval of the median of at least 6 values."""
    if len(values) < LEAST_ROUNDS:
        raise ValueError(f"expected at least {LEAST_ROUNDS} runs for a 95 % interval, got {len(values)}")
    from scipy.stats import bootstrap  # imported late: it takes a second

    found = bootstrap(
        (np.asarray(values, float),),
        np.median,
        confidence_level=LEVEL,
        n_resamples=RESAMPLES,
        method="percentile",
        vectorized=True,
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    middle = statistics.median(values)  # inside of it, however the last digit of either end was rounded
    return min(float(found.low), middle), max(float(found.high), middle)


def human_seconds(seconds: float) -> str:
    """0.00123 -> '1.23 ms'."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"

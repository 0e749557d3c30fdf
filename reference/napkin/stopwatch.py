"""Task 00.8: what makes a measured time worth reporting.

A clock moves in steps: calls shorter than many steps are timed in batches. A machine has slow spells: functions to
be compared run in turns, so that a spell hits all of them. And a median is only as good as the number of runs behind
it: an interval says how good that is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from reference.napkin.checks import anything, checked, count, level, number, positive, several, share, whole


@checked(readings=several(2, number))
def clock_step(readings: Sequence[float]) -> float:
    """The smallest step by which a clock was seen to move on: between a reading and the next, in its own unit.

    readings: what a clock showed when it was read again and again. Many neighbours show the same time, and a clock
    that somebody set back may even go backwards: neither of these is a step.

    Raises TypeError for anything but a list or 1-D array of numbers; ValueError for fewer than two readings, or when
    the clock never moved on.
    """
    steps = [after - before for before, after in pairwise(readings)]
    forward = [step for step in steps if step > 0]
    if not forward:
        raise ValueError(
            f"clock_step: expected a clock that moves on, got {len(readings)} readings without a step"
        )
    return float(min(forward))


@checked(step=positive, seconds=positive, error=share)
def batch_size(step: float, seconds: float, error: float = 0.001) -> int:
    """The fewest calls of `seconds` each to time as one run, so that one `step` of the clock is at most `error` of it.

    step: of the clock, in seconds. error: as a share, 0.001 for a thousandth.

    Raises TypeError for values that are no numbers; ValueError for values that are not above 0, or an error above 1.
    """
    calls = max(1, math.ceil(step / (error * seconds)))
    if calls > 1 and step <= error * (calls - 1) * seconds:  # one too many: floats round
        calls -= 1
    return calls


@checked(names=several(1, anything), rounds=count)
def in_turns(names: Sequence[str], rounds: int) -> list[list[str]]:
    """The order in which to run what is to be compared: `rounds` lists, each with every name once.

    The first round has the order of `names`. Each round starts one name further on than the round before, and goes
    around, so that over len(names) rounds every name comes first once: none always meets a cache that is cold.

    Raises TypeError for names that are no list or rounds that are no whole number; ValueError for no names or rounds.
    """
    names = list(names)
    starts = [turn % len(names) for turn in range(rounds)]
    return [names[start:] + names[:start] for start in starts]


@checked(samples=several(2, number), seed=whole, level=level, resamples=count)
def median_interval(
    samples: Sequence[float] | np.ndarray, seed: int, level: float = 0.95, resamples: int = 2000
) -> tuple[float, float]:
    """(low, high): the percentile bootstrap interval of the median, at confidence `level`.

    Draw as many samples as there are, with replacement, and take their median; do so `resamples` times. The interval
    holds the middle `level` of these medians: with 0.95, from their 2.5th percentile to their 97.5th.
    The same seed gives the same interval.

    Cost: resamples * len(samples) draws and 8 bytes for each.
    Source: B. Efron and R. Tibshirani, An introduction to the bootstrap (1993), chapter 13.
    Raises TypeError for anything but a list or 1-D array of numbers; ValueError for fewer than two samples, a level
    outside 0 to 1, or no resamples.
    """
    values, rng = np.asarray(samples, float), np.random.default_rng(seed)
    draws = rng.choice(values, (resamples, len(values)))
    tail = (1 - level) / 2
    low, high = np.quantile(np.median(draws, axis=1), [tail, 1 - tail])
    return float(low), float(high)


@checked(a=several(2, positive), b=several(2, positive), seed=whole, level=level, resamples=count)
def ratio_interval(
    a: Sequence[float], b: Sequence[float], seed: int, level: float = 0.95, resamples: int = 2000
) -> tuple[float, float]:
    """(low, high): the bootstrap interval of the median of a / b, round by round, at confidence `level`.

    a, b: seconds of two functions that ran in turns, so a[i] and b[i] come from the same round, and a slow spell of
    the machine cancels. An interval that holds 1 shows no difference between the two.

    Raises TypeError for anything but lists or 1-D arrays of numbers; ValueError for lists of different lengths,
    fewer than two rounds, times that are not above 0, a level outside 0 to 1, or no resamples.
    """
    if len(a) != len(b):
        raise ValueError(f"ratio_interval: expected as many runs of b as of a, {len(a)}, got {len(b)}")
    # BEGIN SOLUTION
    ratios = [x / y for x, y in zip(a, b, strict=True)]
    return median_interval(ratios, seed, level, resamples)
    # END SOLUTION


@checked(samples=several(1, positive), most=positive)
def too_noisy(samples: Sequence[float], most: float = 0.1) -> bool:
    """Whether the middle half of the samples is wider than `most` of their median.

    The middle half reaches from the first quartile to the third, both with linear interpolation.

    Raises TypeError for anything but a list or 1-D array of numbers; ValueError for none, or one not above 0.
    """
    low, middle, high = np.quantile(samples, [0.25, 0.5, 0.75])
    return bool(high - low > most * middle)

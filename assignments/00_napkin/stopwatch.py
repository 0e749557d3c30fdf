"""Task 00.8: three conditions for a measured time that is worth reporting.

A clock moves in steps: time short calls in batches. A machine has slow moments: run the
functions that you compare in turns, so that a slow moment hits all of them. A median of
few runs is uncertain: an interval says how uncertain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from checks import anything, checked, count, level, number, positive, several, share, whole


@checked(readings=several(2, number))
def clock_step(readings: Sequence[float]) -> float:
    """The smallest step by which a clock moves, in its own unit.

    readings: the times that a clock showed when it was read again and again. Many
    neighbours are equal, and a clock that somebody set back may even go backwards:
    neither is a step.

    Raises TypeError for anything but a list or 1-D array of numbers; ValueError for
    fewer than two readings, or when the clock never moved forward.
    """
    raise NotImplementedError("00.8 clock_step: The smallest step by which a clock moves, in its own unit.")


@checked(step=positive, seconds=positive, error=share)
def batch_size(step: float, seconds: float, error: float = 0.001) -> int:
    """The fewest calls to time as one run, for a clock with steps of `step` seconds.

    seconds: of one call. One step of the clock may be at most `error` of the run: 0.001
    is a thousandth.

    Raises TypeError for values that are not numbers; ValueError for values that are not
    above 0, or an error above 1.
    """
    raise NotImplementedError(
        "00.8 clock_step (batch_size): The fewest calls to time as one run, for a clock with steps of `step` "
        "seconds."
    )


@checked(names=several(1, anything), rounds=count)
def in_turns(names: Sequence[str], rounds: int) -> list[list[str]]:
    """The order in which to run functions that you compare: `rounds` lists of names.

    Each list has every name once. The first round has the order of `names`. Each round
    starts one name later than the round before, and wraps around. So over len(names)
    rounds every name comes first once, and none always meets a cold cache.

    Raises TypeError for names that are not a list or rounds that are not a whole
    number; ValueError for no names or no rounds.
    """
    raise NotImplementedError(
        "00.8 clock_step (in_turns): The order in which to run functions that you compare: `rounds` lists of "
        "names."
    )


@checked(samples=several(2, number), seed=whole, level=level, resamples=count)
def median_interval(
    samples: Sequence[float] | np.ndarray, seed: int, level: float = 0.95, resamples: int = 2000
) -> tuple[float, float]:
    """(low, high): the percentile bootstrap interval of the median.

    level: the confidence, between 0 and 1. Draw as many samples as there are, with
    replacement, and take their median; do so `resamples` times. The interval holds the
    middle `level` of these medians: for 0.95, from their 2.5th percentile to their
    97.5th. The same seed gives the same interval.

    Cost: resamples * len(samples) draws and 8 bytes for each.
    Source: B. Efron and R. Tibshirani, An introduction to the bootstrap (1993), chapter
    13.
    Raises TypeError for anything but a list or 1-D array of numbers; ValueError for
    fewer than two samples, a level outside 0 to 1, or no resamples.
    """
    raise NotImplementedError(
        "00.8 clock_step (median_interval): (low, high): the percentile bootstrap interval of the median."
    )


@checked(a=several(2, positive), b=several(2, positive), seed=whole, level=level, resamples=count)
def ratio_interval(
    a: Sequence[float], b: Sequence[float], seed: int, level: float = 0.95, resamples: int = 2000
) -> tuple[float, float]:
    """(low, high): the bootstrap interval of the median of a / b, at this `level`.

    a, b: seconds of two functions that ran in turns. a[i] and b[i] come from the same
    round, so a slow moment of the machine cancels. An interval that contains 1 shows no
    difference between the two.

    Raises TypeError for anything but lists or 1-D arrays of numbers; ValueError for
    lists of different lengths, fewer than two rounds, times that are not above 0, a
    level outside 0 to 1, or no resamples.
    """
    if len(a) != len(b):
        raise ValueError(f"ratio_interval: expected as many runs of b as of a, {len(a)}, got {len(b)}")
    raise NotImplementedError(
        "00.8 clock_step (ratio_interval): (low, high): the bootstrap interval of the median of a / b, at "
        "this `level`."
    )


@checked(samples=several(1, positive), most=positive)
def too_noisy(samples: Sequence[float], most: float = 0.1) -> bool:
    """True if the middle half of the samples is wider than `most` of their median.

    The middle half is the range from the first quartile to the third, both with linear
    interpolation.

    Raises TypeError for anything but a list or 1-D array of numbers; ValueError for no
    samples, or one not above 0.
    """
    raise NotImplementedError(
        "00.8 clock_step (too_noisy): True if the middle half of the samples is wider than `most` of their "
        "median."
    )

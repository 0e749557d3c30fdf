"""Task 00.3: the cost of a machine-learning product, and how certain it is.

A campaign collects data once, trains in cycles until the model is good enough, then
serves it and tweaks it. The number of cycles and their prices are guesses, so report
the total as a distribution.
The lecture's example: 1 k$ for data, 10 cycles of 10 k$, 50 k$ for serving, 2 k$ a
tweak.
"""

from __future__ import annotations

import numpy as np

from reference.napkin.checks import checked, count, not_negative, pair, positive, several, whole


@checked(
    data=not_negative,
    cycle=not_negative,
    cycles=whole,
    serving=not_negative,
    tweak=not_negative,
    tweaks=whole,
)
def campaign_cost(data: float, cycle: float, cycles: int, serving: float, tweak: float, tweaks: int) -> float:
    """Dollars of a campaign.

    Data and serving are paid once, `cycles` cycles at `cycle` each, `tweaks` tweaks at
    `tweak` each.

    Raises TypeError for values that are not numbers (cycles and tweaks: whole numbers),
    ValueError for negative ones.
    """
    return data + cycle * cycles + serving + tweak * tweaks


@checked(
    rng_seed=whole,
    trials=count,
    data=not_negative,
    cycle=positive,
    serving=not_negative,
    tweak=not_negative,
    cycles=pair,
    tweaks=pair,
    spread=not_negative,
)
def simulate_costs(
    rng_seed: int,
    trials: int,
    data: float,
    cycle: float,
    serving: float,
    tweak: float,
    *,
    cycles: tuple[int, int] = (10, 100),
    tweaks: tuple[int, int] = (0, 20),
    spread: float = 0.3,
) -> np.ndarray:
    """Dollars of `trials` possible campaigns: a float64 array of shape (trials,).

    Each trial draws its number of cycles and its number of tweaks: a whole number
    between the two given ones, both included, all equally likely. Then each cycle of
    the trial draws a price of its own: lognormal, with median `cycle` and sigma
    `spread` (the standard deviation of the price's natural logarithm). Data, serving
    and a tweak have fixed prices. The same `rng_seed` gives the same array.

    Cost: 8 bytes and one draw for each cycle of each trial.
    Raises TypeError for values that are not numbers, ValueError for values out of
    range.
    """
    rng = np.random.default_rng(rng_seed)
    how_many = rng.integers(cycles[0], cycles[1], trials, endpoint=True)
    how_often = rng.integers(tweaks[0], tweaks[1], trials, endpoint=True)
    prices = rng.lognormal(np.log(cycle), spread, how_many.sum())
    trial_of = np.repeat(np.arange(trials), how_many)
    training = np.bincount(trial_of, weights=prices, minlength=trials)
    return data + training + serving + tweak * how_often


@checked(costs=several(1, not_negative))
def summary(costs: np.ndarray | list[float]) -> tuple[float, float, float, float]:
    """(10th percentile, median, 90th percentile, mean) of simulated costs.

    costs: a list or 1-D array, in any order. The percentiles interpolate linearly.

    Raises TypeError for anything else, ValueError for no costs.
    """
    low, middle, high = np.percentile(costs, [10, 50, 90])
    return float(low), float(middle), float(high), float(np.mean(costs))

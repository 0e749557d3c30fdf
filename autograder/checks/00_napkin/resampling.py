"""The judge's own bootstrap of a median, without any resampling: its distribution in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
from forms import expect_ends
from scipy.stats import binom

from autograder.judge.checking import fail, short


def quantile(samples: np.ndarray, share: float) -> float:
    """Below which value of an odd number of samples `share` of all resampled medians lie.

    A resample of n has its median at most x[k] (k-th smallest, from 1) when more than half of its n draws are
    among the k smallest: P = P(Binomial(n, k / n) > n / 2). Source: B. Efron, The Jackknife, the Bootstrap and
    Other Resampling Plans (1982), section 10.
    """
    n = len(samples)
    below = binom.sf(n // 2, n, np.arange(1, n + 1) / n)
    return float(np.sort(samples)[np.searchsorted(below, share)])


def expect_interval(
    got: Any, samples: np.ndarray, level: float, resamples: int, *, hint: str, what: str = "median"
) -> None:
    """Pass when `got` is a percentile interval of the median, to within the luck of so many resamples."""
    got_low, got_high = expect_ends(got)
    for end, share, value in (("low", (1 - level) / 2, got_low), ("high", (1 + level) / 2, got_high)):
        luck = 5 * (share * (1 - share) / resamples) ** 0.5  # five standard deviations of a counted share
        least, most = quantile(samples, share - luck), quantile(samples, share + luck)
        slack = 1e-9 * abs(most)
        if not least - slack <= value <= most + slack:
            fail(
                f"the {end} end of the {level:.0%} interval of the {what} is off",
                got=short(float(value)),
                expected=f"{least:.6g} to {most:.6g}",
                hint=hint,
            )

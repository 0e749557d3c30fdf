"""Fit the alpha-beta model to measured messages: seconds = alpha + beta * bytes.

alpha, the latency, is the time of an empty message; 1 / beta is the bandwidth.

Source: R. W. Hockney, "The communication challenge for MPP: Intel Paragon and Meiko CS-2", Parallel Computing 20(3),
1994; the intervals: B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7(1), 1979.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RESAMPLES = 400


class AlphaBeta(NamedTuple):
    """A fitted model, with 95 % intervals: (low, high)."""

    alpha: float  # seconds
    beta: float  # seconds for each byte
    alpha_interval: tuple[float, float]
    beta_interval: tuple[float, float]


def fit_alpha_beta(nbytes: np.ndarray, seconds: np.ndarray) -> AlphaBeta:
    """Fit alpha and beta to messages of `nbytes` that took `seconds`, and say how certain they are.

    nbytes: (m,) sizes in bytes, at least two different ones, each measured several times. seconds: (m,), above 0.

    Times spread by a factor, not by an amount, and some are far too long because the machine did something else. So
    take the median of each size, and fit the *relative* errors: 1 µs of error means much for a message of 2 µs and
    nothing for one of 2 ms.

    Cost: O(m log m) for each of RESAMPLES fits.

    Raises:
        ValueError: arrays of another shape, fewer than two sizes, a negative size, or a time that is not above 0.
    """
    nbytes, seconds = np.asarray(nbytes, np.float64), np.asarray(seconds, np.float64)
    if nbytes.ndim != 1 or nbytes.shape != seconds.shape:
        raise ValueError(f"expected two arrays of one length, got shapes {nbytes.shape} and {seconds.shape}")
    if len(np.unique(nbytes)) < 2:
        raise ValueError("expected messages of at least two sizes: one size cannot tell alpha from beta")
    if nbytes.min() < 0 or not (np.isfinite(seconds).all() and seconds.min() > 0):
        raise ValueError("expected sizes of at least 0 bytes and times above 0 seconds")
    alpha, beta = _fit(nbytes, seconds)
    return AlphaBeta(alpha, beta, *_intervals(nbytes, seconds))


def _fit(nbytes: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    """(alpha, beta) that minimize the sum over sizes of ((alpha + beta * size) / median - 1) squared.

    `median` is the median of the seconds of the messages of that size. The arrays are checked already.
    """
    raise NotImplementedError(
        "03.6 fit_alpha_beta (_fit): (alpha, beta) that minimize the sum over sizes of ((alpha + beta * size)"
        " / median - 1) squared."
    )


def _intervals(nbytes: np.ndarray, seconds: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """95 % intervals of alpha and of beta, by the bootstrap.

    Draw RESAMPLES times: for each size, as many of its messages as there are, with replacement. Fit each drawing. The
    interval goes from the 2.5th to the 97.5th percentile of the fits. A fixed seed gives the same interval every time.
    """
    raise NotImplementedError(
        "03.6 fit_alpha_beta (_intervals): 95 % intervals of alpha and of beta, by the bootstrap."
    )

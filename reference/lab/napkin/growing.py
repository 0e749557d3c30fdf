"""Two algorithms of scikit-learn whose time grows with the number of points, timed and drawn."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from reference.lab.napkin.charts import model_and_points
from reference.shared.plots.style import Picture
from reference.shared.timing.stopwatch import time_calls

DIMENSIONS, CLUSTERS, ITERATIONS = 16, 16, 10


def time_kmeans(points: int) -> float:
    """Seconds of ITERATIONS iterations of k-means on random points, on one thread; median of five runs."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    data = np.random.default_rng(0).normal(size=(points, DIMENSIONS))
    settings: dict[str, Any] = {"init": data[:CLUSTERS], "n_init": 1, "max_iter": ITERATIONS, "tol": 0}
    means = KMeans(CLUSTERS, **settings)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few iterations are not meant to converge
        return time_calls(lambda: means.fit(data), repeats=5).seconds


def time_svm(points: int) -> float:
    """Seconds to train a support vector machine on random points with random labels; the second of two runs."""
    from sklearn.svm import SVC

    rng = np.random.default_rng(0)
    data, labels = rng.normal(size=(points, DIMENSIONS)), rng.integers(0, 2, points)
    return time_calls(lambda: SVC().fit(data, labels), repeats=1).seconds


def growth_chart(
    measured: Mapping[str, Mapping[int, float]], fits: Mapping[str, tuple[float, float]]
) -> Picture:
    """Measured seconds over the number of points, and the power law that was fitted to the first of them.

    measured: name -> {points: seconds}. fits: name -> (exponent, factor), of seconds = factor * points**exponent.
    """
    return model_and_points(
        {
            name: {n: 1e3 * fits[name][1] * n ** fits[name][0] for n in line}
            for name, line in measured.items()
        },
        {name: {n: 1e3 * seconds for n, seconds in line.items()} for name, line in measured.items()},
        title="The slope says what ten times the data will cost",
        x_label="points n",
        y_label="milliseconds",
        formulas={name: f"$c \\, n^{{{exponent:.2f}}}$" for name, (exponent, _) in fits.items()},
    )

"""Lloyd's k-means in parallel: data parallelism without a gradient.

The pattern is that of `sgd.py`: each rank adds up statistics of its own rows (for each cluster, the sum and the
number of its points), one all-reduce adds up the ranks, and every rank computes the same new centres.

Source: S. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28, 1982; I. Dhillon and D. Modha, "A
data-clustering algorithm on distributed memory multiprocessors", 1999, section 3.
"""

from __future__ import annotations

import numpy as np

from reference.shared.comm.communicator import Communicator


def kmeans(
    comm: Communicator, points: np.ndarray, centres: np.ndarray, iterations: int
) -> tuple[np.ndarray, float]:
    """The centres after `iterations` of Lloyd's method, and the sum of squared distances to the centres before the
    last one.

    points: (rows, features) float64, the part of this rank, also without rows. centres: (k, features) float64, equal on
    all ranks. A cluster without points keeps its centre. Both results are bitwise equal on all ranks.

    Cost of an iteration: O(rows * k * features) on each rank, and one all-reduce of k * (features + 1) + 1 numbers.

    Raises:
        ValueError: the shapes do not fit, or iterations is below 1.
    """
    if points.ndim != 2 or centres.ndim != 2 or points.shape[1] != centres.shape[1] or iterations < 1:
        raise ValueError(
            f"expected points (rows, features), centres (k, features) and at least one iteration; "
            f"got {points.shape}, {centres.shape}, {iterations}"
        )
    k, features = centres.shape
    loss = 0.0
    for _ in range(iterations):
        distances = ((points[:, None, :] - centres[None]) ** 2).sum(axis=2)
        nearest = distances.argmin(axis=1)
        statistics = np.zeros(k * (features + 1) + 1)
        sums, counts = statistics[: k * features].reshape(k, features), statistics[k * features : -1]
        np.add.at(sums, nearest, points)
        counts += np.bincount(nearest, minlength=k)
        statistics[-1] = distances[np.arange(len(points)), nearest].sum()
        comm.all_reduce(statistics, "sum")
        centres = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres)
        loss = float(statistics[-1])
    return centres, loss

"""Step 2: synchronous SGD by hand, with NumPy: A(t) = F(A(t-1), sum of the updates of all ranks).

The model is softmax regression: one matrix, a gradient of two lines, and no framework that hides a message. Each rank
adds up the gradients of its own examples. One all-reduce adds up the sums and the numbers of examples of all ranks,
and every rank takes the same step. So the weights stay equal on all ranks, and equal to those of one process with the
whole batch.

Source: M. Zinkevich et al., "Parallelized Stochastic Gradient Descent", NIPS 2010; J. Chen et al., "Revisiting
Distributed Synchronous SGD", arXiv 1604.00981, section 3.
"""

from __future__ import annotations

import numpy as np

from reference.shared.comm.communicator import Communicator


def gradient_sum(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The gradient of the cross-entropy of softmax(x @ w), added up over the rows of x: (features, classes).

    w: (features, classes), x: (rows, features), both of one float dtype; y: (rows,) integers, the classes.

    Cost: 4 * rows * features * classes FLOP.
    """
    scores = x @ w
    scores -= scores.max(axis=1, keepdims=True)  # exp of a large score would overflow
    probabilities = np.exp(scores)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    probabilities[np.arange(len(y)), y] -= 1
    return x.T @ probabilities


def sgd_step(comm: Communicator, w: np.ndarray, x: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    """The weights after one step of SGD on the batch that all ranks hold together.

    w: (features, classes) float64, equal on all ranks. x: (rows, features) float64 and y: (rows,) int64 are the part
    of this rank. Ranks may have different numbers of rows, also 0. Returns a new array, bitwise equal on all ranks: w
    minus `rate` times the mean gradient over the rows of all ranks. w, x and y do not change.

    Cost: one all-reduce of features * classes + 1 numbers, and the arithmetic of `gradient_sum`.

    Raises:
        ValueError: the shapes do not fit, a class is not a column of w, or no rank has a row.
    """
    if x.ndim != 2 or w.ndim != 2 or x.shape[1] != w.shape[0] or y.shape != (len(x),):
        raise ValueError(
            f"expected w (features, classes), x (rows, features), y (rows,); got {w.shape}, {x.shape}, {y.shape}"
        )
    if len(y) and not (y.min() >= 0 and y.max() < w.shape[1]):
        raise ValueError(f"expected classes from 0 to {w.shape[1] - 1}, got {y.min()} to {y.max()}")
    return _sgd_step(comm, w, x, y, rate)


def _sgd_step(comm: Communicator, w: np.ndarray, x: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    """Add up gradients and row counts over all ranks, then step; the operands are checked already."""
    # The count travels in the same message: a second one would cost a second latency.
    sums = np.append(gradient_sum(w, x, y), float(len(x)))
    comm.all_reduce(sums, "sum")
    rows = sums[-1]
    if rows == 0:
        raise ValueError("expected at least one row on some rank, got none")
    return w - rate / rows * sums[:-1].reshape(w.shape)

"""Step 9: how large may the batch become? p ranks make it p times as large, and at some size that stops helping.

A gradient is a mean over random examples, so it has noise. While noise dominates, twice the batch allows nearly twice
the step. When the batch is larger than the noise scale B = tr(Sigma) / |G|^2, the gradient is nearly exact already,
and more examples buy little: S steps become S_min (1 + B / batch).

Source: S. McCandlish et al., "An Empirical Model of Large-Batch Training", arXiv 1812.06162, section 2.2 and appendix
A.1; Y. You et al., "Large Batch Optimization for Deep Learning", ICLR 2020, algorithm 2; P. Goyal et al., arXiv
1706.02677.
"""

from __future__ import annotations

import numpy as np

from reference.shared.comm.communicator import Communicator


def noise_scale(comm: Communicator, gradient: np.ndarray, batch: int) -> float:
    """The gradient noise scale tr(Sigma) / |G|^2 in examples, from one step of data parallel training.

    gradient: (n,) float64, the mean gradient of this rank over its own `batch` examples; batch is equal on all ranks.
    Two batch sizes are needed to separate signal from noise, and the step has both: E|g|^2 = |G|^2 + tr(Sigma) / B
    for a gradient of B examples. So take the mean of |g|^2 over the ranks (B = batch) and |mean g|^2 (B = batch *
    size), and solve the two equations. Both solutions are unbiased; their ratio is noisy, so average them over steps
    before you divide. The result is equal on all ranks, and inf if the estimate of |G|^2 is not positive.

    Cost: an all-reduce of n + 1 numbers. `gradient` does not change.

    Raises:
        ValueError: fewer than two ranks, or batch is below 1.
    """
    if comm.size < 2 or batch < 1:
        raise ValueError(f"expected two ranks or more, and a batch of at least 1; got {comm.size}, {batch}")
    return _noise_scale(comm, gradient, batch)


def _noise_scale(comm: Communicator, gradient: np.ndarray, batch: int) -> float:
    """Solve for tr(Sigma) and |G|^2; the arguments are checked already."""
    means = np.append(gradient, gradient @ gradient)
    comm.all_reduce(means, "avg")
    small, big = means[-1], means[:-1] @ means[:-1]
    total = batch * comm.size
    signal = (total * big - batch * small) / (total - batch)
    noise = (small - big) / (1 / batch - 1 / total)
    return float(noise / signal) if signal > 0 else float("inf")


def lamb_ratio(weight: np.ndarray, update: np.ndarray) -> float:
    """LAMB's trust ratio |weight| / |update| of one layer, by which its update is scaled; 1 if either norm is 0.

    weight: the parameters of the layer. update: what Adam would subtract, weight decay included, before the learning
    rate. Both float arrays of one shape; the norms are Euclidean, over all elements. A new layer of zeros must be
    able to move, so its ratio is 1.

    Raises:
        ValueError: the shapes differ.
    """
    if weight.shape != update.shape:
        raise ValueError(f"expected weight and update of one shape, got {weight.shape} and {update.shape}")
    return _lamb_ratio(weight, update)


def _lamb_ratio(weight: np.ndarray, update: np.ndarray) -> float:
    """The ratio of the norms; the shapes are checked already."""
    above = float(np.sqrt(np.square(weight, dtype=np.float64).sum()))
    below = float(np.sqrt(np.square(update, dtype=np.float64).sum()))
    return above / below if above > 0 and below > 0 else 1.0


def warmed_up_rate(step: int, base: float, batch: int, base_batch: int, warmup: int) -> float:
    """The learning rate of `step` (from 0) by linear scaling with warm-up.

    The rate grows in equal steps from `base` to base * batch / base_batch, which it has from step `warmup` on.

    Raises:
        ValueError: step or warmup is negative, or a batch is below 1.
    """
    if step < 0 or warmup < 0 or batch < 1 or base_batch < 1:
        raise ValueError(
            f"expected step and warmup of at least 0 and batches of at least 1; "
            f"got {step}, {warmup}, {batch}, {base_batch}"
        )
    target = base * batch / base_batch
    if step >= warmup:
        return target
    return base + (target - base) * step / warmup

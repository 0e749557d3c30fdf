"""Step 1: give every rank its own part of the data.

All ranks shuffle with the same seed, so they agree on one order without a message, and each takes every size-th
index. The seed contains the epoch: each epoch has a new order. Nothing is repeated and nothing is dropped, so shards
may differ by one example. `sgd.py` and `synchronize.global_mean` show how to average uneven shards.
"""

from __future__ import annotations

import numpy as np


def shard_indices(n: int, rank: int, size: int, epoch: int, seed: int) -> np.ndarray:
    """The indices of the examples that `rank` trains on in `epoch`.

    Returns a new int64 array of n // size or n // size + 1 indices, in the order of training. The shards of all ranks
    together hold each of 0 to n - 1 once. Two epochs have different orders, and the same arguments always give the
    same order. Read in turns (first of rank 0, first of rank 1, ..., second of rank 0, ...), the shards give the same
    shuffled order for every `size`: with k ranks, step t of batch b covers the same examples as one rank with batch k
    b.

    Cost: O(n) time and 8n bytes on every rank; no message.

    Raises:
        ValueError: n, epoch or seed is negative, size is below 1, or rank is not one of 0 to size - 1.
    """
    if n < 0 or epoch < 0 or seed < 0:
        raise ValueError(f"expected n, epoch and seed of at least 0; got n={n}, epoch={epoch}, seed={seed}")
    if size < 1 or not 0 <= rank < size:
        raise ValueError(f"expected a rank from 0 to size - 1; got rank {rank} of {size}")
    return _shard_indices(n, rank, size, epoch, seed)


def _shard_indices(n: int, rank: int, size: int, epoch: int, seed: int) -> np.ndarray:
    """Shuffle 0 to n - 1, and take every size-th; the arguments are checked already."""
    raise NotImplementedError(
        "04.1 shard_indices: Shuffle 0 to n - 1, and take every size-th; the arguments are checked already."
    )

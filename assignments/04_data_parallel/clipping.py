"""Clip gradients by their global norm, when ranks hold different parts of them.

A rank that clips by the norm of its own shard scales its part by another factor than its neighbour. A norm that adds up
replicated gradients over the ranks counts them p times. Both train, only worse.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from reference.shared.comm.communicator import Communicator


def clip_grad_norm(
    sharded: Sequence[torch.Tensor], replicated: Sequence[torch.Tensor], max_norm: float, comm: Communicator
) -> float:
    """Scale gradients in place so that their global norm is at most `max_norm`; returns the norm before.

    sharded: gradients of which each rank holds a different part (ZeRO-2, ZeRO-3); ranks may hold different numbers of
    them, also none. replicated: gradients that are equal on all ranks (DataParallel); they count once. The factor is
    min(1, max_norm / (norm + 1e-6)), as in torch.nn.utils.clip_grad_norm_, and equal on all ranks.

    Cost: one all-reduce of one float64.

    Raises:
        ValueError: max_norm is not positive.
    """
    if not max_norm > 0:
        raise ValueError(f"expected max_norm to be positive, got {max_norm}")
    return _clip_grad_norm(sharded, replicated, max_norm, comm)


def _clip_grad_norm(
    sharded: Sequence[torch.Tensor], replicated: Sequence[torch.Tensor], max_norm: float, comm: Communicator
) -> float:
    """Add up the squares of all shards over the ranks, and the replicated ones once; max_norm is checked already."""
    raise NotImplementedError(
        "04.8 clip_grad_norm: Add up the squares of all shards over the ranks, and the replicated ones once; "
        "max_norm is checked already."
    )

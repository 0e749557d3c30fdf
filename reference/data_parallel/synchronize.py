"""Step 3: the two messages of data parallel training with torch. Start from equal states, and average the gradients.

Bound by: latency. There is one all-reduce for each parameter, and none begins before the whole backward pass is over.
`buckets.py` joins small messages, and `ddp.py` sends them while backward still runs.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from reference.shared.comm.communicator import Communicator


def broadcast_state(module: nn.Module, comm: Communicator, root: int = 0) -> None:
    """Give every rank the parameters and the buffers of rank `root`, in place.

    Buffers count as well: the running mean of a batch norm is state, although no gradient changes it. Buffers that are
    not part of the state dict are included. A tensor that the module uses twice is sent once.

    Cost: one broadcast for each tensor.

    Raises:
        ValueError: root is not a rank.
    """
    if not 0 <= root < comm.size:
        raise ValueError(f"expected root to be a rank from 0 to {comm.size - 1}, got {root}")
    _broadcast_state(module, comm, root)


def _broadcast_state(module: nn.Module, comm: Communicator, root: int) -> None:
    """Broadcast each tensor once; root is checked already."""
    for tensor in [*module.parameters(), *module.buffers()]:  # both leave out repeated tensors
        comm.broadcast(tensor.detach(), root)


def average_gradients(params: Iterable[nn.Parameter], comm: Communicator) -> None:
    """Replace the gradient of every parameter by its mean over all ranks.

    params: the same parameters in the same order on every rank; frozen ones (requires_grad is False) are left out. The
    gradient of a parameter that some ranks did not use (None there) counts as 0 on those ranks, and the mean is on
    every rank afterwards. If no rank used it, it stays None on all, so that weight decay and momentum skip it.

    Cost: one all-reduce of the number of parameters, and one for each parameter with a gradient on some rank.
    """
    _average_gradients([p for p in params if p.requires_grad], comm)


def _average_gradients(params: list[nn.Parameter], comm: Communicator) -> None:
    """Average over the ranks. All ranks call the same collectives, also for a gradient that this rank does not have."""
    used = torch.tensor([p.grad is not None for p in params], dtype=torch.int64)
    comm.all_reduce(used, "max")
    for param, anywhere in zip(params, used.tolist(), strict=True):
        if anywhere:
            if param.grad is None:
                param.grad = torch.zeros_like(param)
            comm.all_reduce(param.grad, "avg")


def global_mean(loss_sum: torch.Tensor, count: int, comm: Communicator) -> torch.Tensor:
    """Scale this rank's loss so that averaged gradients are those of the mean over the examples of all ranks.

    loss_sum: scalar, the sum of the losses of the `count` examples (or tokens) of this rank. With uneven shards, the
    mean of the means of ranks is a different number: it counts the examples of a small shard for more.

    Cost: one all-reduce of one number.

    Raises:
        ValueError: no rank has an example.
    """
    total = torch.tensor([count], dtype=torch.int64)
    comm.all_reduce(total, "sum")
    if total.item() == 0:
        raise ValueError("expected at least one example on some rank, got none")
    return loss_sum * (comm.size / total.item())

"""Run a program on several ranks for the checks, and the small parts that their programs share. Given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map

from reference.shared.comm import Communicator, LaunchError, launch

# For all ranks of one program together; it needs a second. A collective that a rank does not join ends then at last.
SECONDS = 30


def ranks(n: int, program: Callable[..., Any], *args: Any) -> list[Any]:
    """The values of program(communicator, *args) on n ranks, tensors as arrays. Raises the first error of a rank."""
    try:
        return launch(_one_rank, n, program, args, fork=True, check=True, timeout=SECONDS)
    except LaunchError as failure:
        raise (failure.error or failure) from None


def _one_rank(comm: Communicator, program: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    torch.set_num_threads(1)
    value = program(comm, *args)  # it records its calls
    return tree_map(lambda each: each.detach().numpy() if torch.is_tensor(each) else each, value)


def mlp(seed: int, *widths: int) -> nn.Sequential:
    """Linear layers with tanh between them, from a seed."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for wide, narrow in pairwise(widths):
        layers += [nn.Linear(wide, narrow), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def values(tensors: Iterable[Any]) -> torch.Tensor:
    """One flat float64 vector of all the values."""
    return torch.cat([t.detach().double().reshape(-1) for t in tensors])


def own(batch: torch.Tensor, comm: Communicator) -> torch.Tensor:
    """This rank's rows: every size-th."""
    return batch[comm.rank :: comm.size]

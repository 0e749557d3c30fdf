"""Beside step 7: local SGD and DiLoCo. Talk every H steps instead of at every step.

Each rank takes H optimizer steps of its own. Then the ranks average how far they moved, and an outer optimizer (SGD
with Nesterov momentum) applies that mean as if it were a gradient. Bytes fall by H. The price is that ranks drift
apart between the meetings. With an outer rate of 1 and no momentum this is local SGD, the average of the parameters.

Source: S. Stich, "Local SGD Converges Fast and Communicates Little", ICLR 2019; A. Douillard et al., "DiLoCo", arXiv
2311.08105, algorithm 1.
"""

from __future__ import annotations

import torch
from torch import nn

from synchronize import broadcast_state
from reference.shared.comm.communicator import Communicator


class LocalSgd:
    """Call `step()` after each step of the inner optimizer; every `every`-th call averages the ranks.

    every: H, at least 1. outer_rate and outer_momentum: of the outer optimizer; 1 and 0 give local SGD, and the paper
    of DiLoCo uses 0.7 and 0.9. The state of the inner optimizer stays on its rank.

    Cost: an all-reduce of all parameters every H steps, and two more copies of the parameters (one without momentum).

    Raises:
        ValueError: every is below 1.
    """

    def __init__(
        self,
        module: nn.Module,
        communicator: Communicator,
        every: int,
        *,
        outer_rate: float = 1.0,
        outer_momentum: float = 0.0,
    ):
        if every < 1:
            raise ValueError(f"expected every to be at least 1 step, got {every}")
        broadcast_state(module, communicator)
        self.params = [p for p in module.parameters() if p.requires_grad]
        self.communicator = communicator
        self.every = every
        self.steps = 0
        self.anchor = [p.detach().clone() for p in self.params]  # where all ranks stood at the last meeting
        self.outer = torch.optim.SGD(
            self.anchor, lr=outer_rate, momentum=outer_momentum, nesterov=outer_momentum > 0
        )

    @torch.no_grad()
    def step(self) -> bool:
        """Count one inner step; returns True if the ranks met."""
        self.steps += 1
        if self.steps % self.every:
            return False
        moved = torch.cat([(a - p).reshape(-1) for a, p in zip(self.anchor, self.params, strict=True)])
        self.communicator.all_reduce(moved, "avg")
        parts = moved.split([p.numel() for p in self.params])
        for anchor, part in zip(self.anchor, parts, strict=True):
            anchor.grad = part.view(anchor.shape)
        self.outer.step()
        for anchor, param in zip(self.anchor, self.params, strict=True):
            param.copy_(anchor)
        return True

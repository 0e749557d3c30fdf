"""Step 6: ZeRO-1 and ZeRO-2. Every rank keeps the optimizer's state for 1/p of the parameters only.

Adam keeps two numbers for each parameter, so with fp32 the state is half of the 16 bytes a parameter needs. In data
parallel training all ranks hold the same state; here each rank updates its part, and an all-gather hands the new
parameters to all. An all-reduce is a reduce-scatter and an all-gather. Stage 2 uses that: each rank receives the mean
gradient of its own part only, so the bytes on the wire are those of plain data parallel training.

Source: S. Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models", SC 2020,
sections 5 and 7.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from flat import FlatLayout
from reference.shared.comm.communicator import Communicator


class ShardedOptimizer:
    """An optimizer whose state for the parameters is spread over the ranks.

    params: the same parameters with equal values on every rank, of one dtype. kind: a torch optimizer that treats each
    number by itself (SGD, Adam, AdamW; not LAMB), with its `options`.

    stage 1: the gradients are already averaged, by DataParallel or `average_gradients`.
    stage 2: each rank has its own gradients. `step` averages them with a reduce-scatter, and drops the full gradients.

    A parameter without a gradient counts as one with gradient 0.

    Cost of a step: an all-gather of all parameters; in stage 2 also a reduce-scatter. State on a rank: that of
    ceil(n / p) numbers, of n parameters in total.

    Raises:
        ValueError: no parameter, parameters of several dtypes, or a stage that is not 1 or 2.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        kind: type[torch.optim.Optimizer],
        communicator: Communicator,
        *,
        stage: int = 1,
        **options: Any,
    ):
        if stage not in (1, 2):
            raise ValueError(f"expected stage 1 or 2, got {stage}; stage 3 is FullyShardedDataParallel")
        self.params = list(params)
        self.communicator = communicator
        self.stage = stage
        self.layout = FlatLayout(self.params, communicator.size)
        # The parameters become views of one vector, so that an all-gather into it updates them all.
        with torch.no_grad():
            self.vector = self.layout.join(self.params, self.params[0])
        for param, view in zip(self.params, self.layout.views(self.vector), strict=True):
            param.data = view
        self.shard = self._own_shard()
        self.optimizer = kind([self.shard], **options)

    def _own_shard(self) -> nn.Parameter:
        """A parameter of `layout.part` numbers that shares memory with this rank's part of `vector`."""
        raise NotImplementedError(
            "04.9 sharded_adamw (ShardedOptimizer._own_shard): A parameter of `layout.part` numbers that "
            "shares memory with this rank's part of `vector`."
        )

    @torch.no_grad()
    def step(self) -> None:
        """Update this rank's part with the mean gradient, then give all parts to all ranks.

        `optimizer` updates `shard`, which lies in `vector`; an all-gather into `vector` updates every parameter.
        """
        raise NotImplementedError(
            "04.9 sharded_adamw (ShardedOptimizer.step): Update this rank's part with the mean gradient, then"
            " give all parts to all ranks."
        )

    def _own_gradient(self) -> torch.Tensor:
        """The mean gradient of this rank's part, `layout.part` numbers.

        Stage 1: the gradients are means already; no message. Stage 2: one reduce-scatter, and the full gradients are
        dropped (None) afterwards.
        """
        raise NotImplementedError(
            "04.9 sharded_adamw (ShardedOptimizer._own_gradient): The mean gradient of this rank's part, "
            "`layout.part` numbers."
        )

    def zero_grad(self) -> None:
        """Drop the gradients of all parameters."""
        for param in self.params:
            param.grad = None

    def state_bytes(self) -> int:
        """Bytes of the optimizer's state on this rank: all its tensors of more than one number."""
        tensors = [t for state in self.optimizer.state.values() for t in state.values() if torch.is_tensor(t)]
        return sum(t.numel() * t.element_size() for t in tensors if t.numel() > 1)


def sharded_adamw(
    params: Iterable[nn.Parameter], communicator: Communicator, rate: float, *, stage: int = 1
) -> ShardedOptimizer:
    """AdamW with learning rate `rate` whose state is spread over the ranks; raises what ShardedOptimizer raises."""
    return ShardedOptimizer(params, torch.optim.AdamW, communicator, stage=stage, lr=rate)

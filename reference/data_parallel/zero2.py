"""ZeRO-2 during backward: reduce-scatter a bucket as soon as it is full, and free its gradients.

`ShardedOptimizer(stage=2)` waits for the whole backward pass, so at that moment each rank holds all gradients. Here a
rank holds its part of every bucket, and the full gradients of the bucket that is being filled.

Source: S. Rajbhandari et al., SC 2020, section 5.2.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from reference.data_parallel.buckets import assign_buckets
from reference.data_parallel.ddp import MEGABYTE, call_at_end_of_backward
from reference.data_parallel.flat import FlatLayout
from reference.data_parallel.synchronize import broadcast_state
from reference.shared.comm.communicator import Communicator, Request


class GradientBucket:
    """Some parameters as views of one vector; this rank's shard of it is a parameter of its own, which gets the
    gradient."""

    def __init__(self, params: list[nn.Parameter], comm: Communicator):
        self.params, self.comm = params, comm
        self.layout = FlatLayout(params, comm.size)
        with torch.no_grad():
            self.vector = self.layout.join(params, params[0])
        for param, view in zip(params, self.layout.views(self.vector), strict=True):
            param.data = view
        self.shard = nn.Parameter(self.layout.own(self.vector, comm.rank))
        self.missing = len(params)
        self.pending: tuple[Request, torch.Tensor, torch.Tensor] | None = None

    def start(self) -> None:
        """Reduce-scatter the gradients, and free them."""
        full = self.layout.join([p.grad for p in self.params], self.vector)
        for param in self.params:
            param.grad = None
        own = torch.empty(self.layout.part, dtype=full.dtype, device=full.device)
        # `full` is in the tuple so that it lives until the message has left.
        self.pending = self.comm.reduce_scatter(own, full, "avg", wait=False), own, full

    def finish(self) -> None:
        """Wait for the mean, and add it to the shard's gradient."""
        assert self.pending is not None
        request, own, _ = self.pending
        request.wait()
        self.shard.grad = own if self.shard.grad is None else self.shard.grad + own
        self.pending, self.missing = None, len(self.params)


class ShardedGradients(nn.Module):
    """`module` with gradients and optimizer state in shards: `shards()` are the parameters for the optimizer.

    Every backward pass adds the mean gradient over the ranks to the `.grad` of the shards. After the optimizer's step,
    `gather()` gives the new parameters to all ranks.

    Cost of a step: one reduce-scatter and one all-gather for each bucket. Gradients on a rank: n / p numbers, and those
    of the buckets under way.

    Raises:
        ValueError: no parameter needs a gradient, or bucket_mb is not positive.
    """

    def __init__(self, module: nn.Module, communicator: Communicator, bucket_mb: float = 25):
        super().__init__()
        params = [p for p in module.parameters() if p.requires_grad]
        if not params or bucket_mb <= 0:
            raise ValueError(
                f"expected a parameter to train and a positive bucket_mb, got {len(params)}, {bucket_mb}"
            )
        broadcast_state(module, communicator)
        self.module = module
        self.communicator = communicator
        self.buckets = [
            GradientBucket([params[i] for i in indices], communicator)
            for indices in assign_buckets(params, int(bucket_mb * MEGABYTE))
        ]
        self._started = 0
        self._finishing = False
        for bucket in self.buckets:
            for param in bucket.params:
                param.register_post_accumulate_grad_hook(lambda _, bucket=bucket: self._ready(bucket))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The module's own output."""
        return self.module(*args, **kwargs)

    def shards(self) -> list[nn.Parameter]:
        """The parameters of this rank's optimizer: one shard of each bucket."""
        return [bucket.shard for bucket in self.buckets]

    @torch.no_grad()
    def gather(self) -> None:
        """Give every rank the new parameters, and drop the gradients of this step."""
        for bucket in self.buckets:
            self.communicator.all_gather(bucket.vector, bucket.shard.detach().clone())
            bucket.shard.grad = None

    def _ready(self, bucket: GradientBucket) -> None:
        """Hook: one more gradient of `bucket` is complete. Buckets start in their order."""
        if not self._finishing:
            self._finishing = True
            call_at_end_of_backward(self._finish)
        bucket.missing -= 1
        while self._started < len(self.buckets) and self.buckets[self._started].missing == 0:
            self.buckets[self._started].start()
            self._started += 1

    def _finish(self) -> None:
        """End of backward: start what is left, and wait for all."""
        for bucket in self.buckets[self._started :]:
            bucket.start()
        for bucket in self.buckets:
            bucket.finish()
        self._started, self._finishing = 0, False

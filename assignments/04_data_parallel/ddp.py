"""Step 5: DataParallel sends each bucket while backward still computes the gradients of earlier layers.

A hook on every parameter says when its gradient is complete. When all gradients of a bucket are there, the bucket is
copied to one flat buffer and its all-reduce starts without waiting. When backward ends, the wrapper waits for what is
under way and copies the means back. All ranks start the buckets in the same order, whatever order their hooks fire
in, because collectives are matched by their order.

Bound by: the slower of backward and the network, and by two copies of each gradient. `window.py` copies once.

Source: S. Li et al., VLDB 2020, section 3.2 and algorithm 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from buckets import assign_buckets
from synchronize import broadcast_state
from reference.shared.comm.communicator import Communicator, Request

MEGABYTE = 1 << 20


def call_at_end_of_backward(function: Callable[[], None]) -> None:
    """Have autograd call `function` once, when the backward pass that runs now is over. Call it from a hook."""
    # The engine has no public name; torch's own DistributedDataParallel uses the same function.
    engine: Any = torch.autograd.Variable._execution_engine
    engine.queue_callback(function)


class Bucket:
    """Some parameters, and the flat buffer that carries their gradients.

    The buffer ends with one number for each parameter: 1 where this rank has a gradient. Its mean tells whether any
    rank has one, without a second message.
    """

    def __init__(self, params: list[nn.Parameter]):
        self.params = params
        self.missing = len(params)  # gradients that this backward pass has not produced yet
        self.request: Request | None = None
        numbers = sum(p.numel() for p in params) + len(params)
        self.flat = torch.zeros(numbers, dtype=params[0].dtype, device=params[0].device)

    def fill(self) -> None:
        """Copy the gradients to `flat`, one after the other, and then the flags; 0 where this rank has none."""
        raise NotImplementedError(
            "04.6 data_parallel (Bucket.fill): Copy the gradients to `flat`, one after the other, and then "
            "the flags; 0 where this rank has none."
        )

    def spread(self) -> None:
        """Copy the means in `flat` back to the gradients; a parameter that no rank used keeps None."""
        raise NotImplementedError(
            "04.6 data_parallel (Bucket.spread): Copy the means in `flat` back to the gradients; a parameter "
            "that no rank used keeps None."
        )


class DataParallel(nn.Module):
    """`module` on every rank, each with its own data; after backward, the gradients are their means over all ranks.

    At the start rank 0 gives all ranks its parameters and buffers. Every forward pass in training mode gives them its
    buffers again. Tied parameters travel once, frozen ones never. Parameters that some ranks or all of them do not
    use are allowed; see `average_gradients`. Freeze parameters before you wrap the module.

    bucket_mb: the largest bucket in MiB. overlap: start a bucket when it is full (True), or all at the end of backward.

    Each rank must call backward on a loss that depends on some parameter, also when it has no data (sum over no rows).
    A backward pass for each forward pass: several forward passes may share one, but a second one is an error.

    Cost of a step: one all-reduce for each bucket; memory for a second copy of the gradients.

    Raises:
        ValueError: no parameter needs a gradient, or bucket_mb is not positive.
    """

    def __init__(
        self, module: nn.Module, communicator: Communicator, bucket_mb: float = 25, *, overlap: bool = True
    ):
        super().__init__()
        params = [p for p in module.parameters() if p.requires_grad]
        if not params:
            raise ValueError("expected a parameter that requires a gradient, got none: is everything frozen?")
        if bucket_mb <= 0:
            raise ValueError(f"expected bucket_mb to be positive, got {bucket_mb}")
        self.module = module
        self.communicator = communicator
        self.overlap = overlap
        self.synchronize = True  # False inside `no_sync`
        self.buckets = [
            Bucket([params[i] for i in indices])
            for indices in assign_buckets(params, int(bucket_mb * MEGABYTE))
        ]
        self._bucket_of = {param: bucket for bucket in self.buckets for param in bucket.params}
        self._ready: set[nn.Parameter] = set()  # parameters whose gradient is complete since the last forward
        self._started = 0  # buckets whose all-reduce is under way
        self._finishing = False
        broadcast_state(module, communicator)
        for param in self._bucket_of:
            param.register_post_accumulate_grad_hook(self._gradient_is_ready)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The module's own output."""
        if self.training and self.synchronize:
            self._begin()
            for buffer in self.module.buffers():
                self.communicator.broadcast(buffer, 0)
        return self.module(*args, **kwargs)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Within this context backward adds to the local gradients and sends nothing.

        The next backward outside averages all that was added up. So a batch in k parts costs one all-reduce for each
        bucket, not k.
        """
        raise NotImplementedError(
            "04.7 accumulate (DataParallel.no_sync): Within this context backward adds to the local gradients"
            " and sends nothing."
        )

    def _begin(self) -> None:
        """Forget the last step."""
        self._ready.clear()
        self._started = 0
        self._finishing = False
        for bucket in self.buckets:
            bucket.missing, bucket.request = len(bucket.params), None

    def _gradient_is_ready(self, param: nn.Parameter) -> None:
        """Hook of `param`: its gradient is complete in this backward pass.

        Inside `no_sync`, nothing happens. The first call of a backward pass has autograd call `_finish` at its end
        (`call_at_end_of_backward`). With overlap, buckets that are complete now start. Raises RuntimeError if the
        gradient comes a second time since the last forward pass.
        """
        raise NotImplementedError(
            "04.6 data_parallel (DataParallel._gradient_is_ready): Hook of `param`: its gradient is complete "
            "in this backward pass."
        )

    def _start_full_buckets(self) -> None:
        """Start the buckets that are complete, in their order: a complete bucket waits for the ones before it.

        `_started` counts the buckets under way. Hooks may fire in another order on another rank, but collectives are
        matched by their order.
        """
        raise NotImplementedError(
            "04.6 data_parallel (DataParallel._start_full_buckets): Start the buckets that are complete, in "
            "their order: a complete bucket waits for the ones before it."
        )

    def _start(self, bucket: Bucket) -> None:
        """Send the bucket without waiting. Given."""
        bucket.fill()
        bucket.request = self.communicator.all_reduce(bucket.flat, "avg", wait=False)
        self._started += 1

    def _finish(self) -> None:
        """End of backward: start all buckets that are left, then wait for all in their order, and spread the means.

        Unused parameters leave a bucket incomplete, and without overlap no bucket has started.
        """
        raise NotImplementedError(
            "04.6 data_parallel (DataParallel._finish): End of backward: start all buckets that are left, "
            "then wait for all in their order, and spread the means."
        )


def data_parallel(
    module: nn.Module, communicator: Communicator, bucket_mb: float = 25, *, overlap: bool = True
) -> DataParallel:
    """`module` in a DataParallel. A collective; raises what DataParallel raises."""
    return DataParallel(module, communicator, bucket_mb, overlap=overlap)


def accumulate(
    model: DataParallel, parts: Sequence[Any], loss: Callable[[DataParallel, Any], torch.Tensor]
) -> None:
    """Add up the gradients of loss(model, part) over the parts of a batch, and average the sum over the ranks once.

    Only the last part sends: messages and bytes are those of one backward pass, however many parts there are.

    Raises:
        ValueError: there is no part.
    """
    if not parts:
        raise ValueError("expected at least one part of a batch, got none")
    _accumulate(model, parts, loss)


def _accumulate(
    model: DataParallel, parts: Sequence[Any], loss: Callable[[DataParallel, Any], torch.Tensor]
) -> None:
    """Run forward and backward on every part, all but the last inside `no_sync`; there is a part."""
    raise NotImplementedError(
        "04.7 accumulate (_accumulate): Run forward and backward on every part, all but the last inside "
        "`no_sync`; there is a part."
    )

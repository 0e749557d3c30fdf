"""One unit of ZeRO-3: a shard that stays, and a full copy of the parameters that comes and goes."""

from __future__ import annotations

import torch
from torch import nn

from flat import FlatLayout
from reference.shared.comm.communicator import Communicator, Request


class ShardedUnit:
    """The parameters of `module`, gathered on demand from the shards of all ranks.

    States: freed (the storage of `full` is empty), being gathered (`pending`), gathered. `gather` and `free` may be
    called in any state.
    """

    def __init__(
        self,
        module: nn.Module,
        params: list[nn.Parameter],
        comm: Communicator,
        compute: torch.dtype | None = None,
    ):
        self.module, self.params, self.comm = module, params, comm
        self.layout = FlatLayout(params, comm.size)
        with torch.no_grad():
            values = self.layout.join(params, params[0])
        self.shard = nn.Parameter(self.layout.own(values, comm.rank).clone())
        self.full = torch.empty(self.layout.padded, dtype=compute or values.dtype, device=values.device)
        for param, view in zip(params, self.layout.views(self.full), strict=True):
            param.data = view
            param.register_post_accumulate_grad_hook(self._gradient_is_ready)
        self.missing = len(params)
        self.pending: tuple[Request, torch.Tensor] | None = None
        self.gathered = True
        self.free()

    def start_gather(self) -> None:
        """Start to collect the full parameters, unless they are there or on their way.

        Gives `full` its memory, and starts an all-gather of the shards, in the dtype of `full`, into it. `pending`
        keeps the request and the part that is sent, which must live until the message has left.
        """
        raise NotImplementedError(
            "04.10 shard_unit (ShardedUnit.start_gather): Start to collect the full parameters, unless they "
            "are there or on their way."
        )

    def gather(self) -> None:
        """Block until the parameters have their values."""
        raise NotImplementedError(
            "04.10 shard_unit (ShardedUnit.gather): Block until the parameters have their values."
        )

    def free(self) -> None:
        """Give the memory of the full parameters back: the storage of `full` has 0 bytes afterwards.

        A gather that is under way ends first.
        """
        raise NotImplementedError(
            "04.10 shard_unit (ShardedUnit.free): Give the memory of the full parameters back: the storage of"
            " `full` has 0 bytes afterwards."
        )

    def _gradient_is_ready(self, _param: nn.Parameter) -> None:
        """Hook of each parameter. With the last gradient of the unit: reduce-scatter, and free everything full."""
        self.missing -= 1
        if self.missing == 0:
            self.free()
            self._reduce_gradients()

    def finish_backward(self) -> None:
        """End of backward: reduce the gradients of a unit with unused parameters, which `missing` still counts."""
        if self.missing > 0:
            self.free()
            self._reduce_gradients()
        self.missing = len(self.params)

    def _reduce_gradients(self) -> None:
        """Add the mean over the ranks of this rank's part of the gradients to `shard.grad`.

        One reduce-scatter in the dtype of the shard. The full gradients are dropped (None), and a parameter without one
        counts as 0.
        """
        raise NotImplementedError(
            "04.10 shard_unit (ShardedUnit._reduce_gradients): Add the mean over the ranks of this rank's "
            "part of the gradients to `shard.grad`."
        )

    def live_bytes(self) -> int:
        """Bytes of the shard, and of the full parameters if they are there."""
        return self.shard.numel() * self.shard.element_size() + self.full.untyped_storage().nbytes()

    def full_values(self) -> list[torch.Tensor]:
        """A copy of every parameter in the dtype of the shard. A collective."""
        vector = torch.empty(self.layout.padded, dtype=self.shard.dtype, device=self.shard.device)
        self.comm.all_gather(vector, self.shard.detach())
        return [view.clone() for view in self.layout.views(vector)]

    def take(self, values: list[torch.Tensor]) -> None:
        """Set the shard from full parameters."""
        self.shard.copy_(self.layout.own(self.layout.join(values, self.shard), self.comm.rank))

    def real_part(self) -> torch.Tensor:
        """The shard without padding."""
        real = max(0, min(self.layout.part, self.layout.length - self.comm.rank * self.layout.part))
        return self.shard.detach()[:real].clone()


def shard_unit(module: nn.Module, comm: Communicator, compute: torch.dtype | None = None) -> ShardedUnit:
    """All parameters of `module` as one unit, freed. Each rank keeps its part of its own values; no message."""
    return ShardedUnit(module, list(module.parameters()), comm, compute)

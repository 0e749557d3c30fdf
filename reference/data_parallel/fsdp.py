"""Step 7: ZeRO-3. A rank keeps 1/p of the parameters, and gathers a layer only while it computes.

The module is cut into units. Before a unit's forward pass, an all-gather fills its parameters; afterwards they are
freed. Backward does the same in reverse; then a reduce-scatter leaves each rank the mean gradient of its part. While
one unit computes, the next one is gathered already (prefetch).

The parameters of a unit are views of one flat tensor whose storage is emptied and filled again. Autograd keeps the
views, so it finds the weights again in backward, without knowing that they were gone.

Source: S. Rajbhandari et al., SC 2020, sections 5.3 and 7.2.2; Y. Zhao et al., "PyTorch FSDP: Experiences on Scaling
Fully Sharded Data Parallel", VLDB 2023, sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map

from reference.data_parallel.ddp import call_at_end_of_backward
from reference.data_parallel.sharded_unit import ShardedUnit
from reference.data_parallel.synchronize import broadcast_state
from reference.shared.comm.communicator import Communicator


class FullyShardedDataParallel(nn.Module):
    """`module` with parameters, gradients and optimizer state in shards; give `shards()` to the optimizer.

    units: the submodules to gather one by one, in the order in which forward calls them; by default the children with
    parameters. Parameters outside of the units form one more unit, which is gathered during the whole forward and
    backward pass. prefetch: start the gather of the next unit before this one computes. compute: the dtype of gathered
    parameters, floating-point inputs and the arithmetic (mixed precision); shards, their gradients and the reduction
    keep the dtype of the module.

    After backward, the `.grad` of a shard is the mean over the ranks of its part; it adds up over backward passes.
    Parameters have no values outside of forward and backward: use `full_state` and `load_full_state`, or the shards.
    All ranks must use the same parameters in a step. Unused ones get a gradient of 0.

    Cost of a step: for each unit two all-gathers and one reduce-scatter, 3/2 of the bytes of DataParallel. Memory of n
    fp32 parameters with Adam: 16 n / p bytes, and the units that are gathered (two with prefetch).

    Raises:
        ValueError: no parameter, a frozen one, or one that two units share.
    """

    def __init__(
        self,
        module: nn.Module,
        communicator: Communicator,
        units: Sequence[nn.Module] | None = None,
        *,
        prefetch: bool = True,
        compute: torch.dtype | None = None,
    ):
        super().__init__()
        if units is None:
            units = [child for child in module.children() if any(True for _ in child.parameters())]
        broadcast_state(module, communicator)
        self.communicator = communicator
        self.prefetch = prefetch
        self.compute = compute
        self.units = [ShardedUnit(unit, part, communicator, compute) for unit, part in _parts(module, units)]
        self.outer = next((unit for unit in self.units if unit.module is module), None)
        self.module = module
        self._finishing = False
        inner = [unit for unit in self.units if unit.module is not module]
        for place, unit in enumerate(inner):
            before = inner[place - 1] if place else None
            after = inner[place + 1] if place + 1 < len(inner) else None
            self._watch(unit, before, after)

    def _watch(self, unit: ShardedUnit, before: ShardedUnit | None, after: ShardedUnit | None) -> None:
        """Gather `unit` before each of its passes, and its neighbour early; free it after."""

        def enter(_module: nn.Module, _args: Any) -> None:
            unit.gather()
            if self.prefetch and after is not None:
                after.start_gather()

        def leave(_module: nn.Module, _args: Any, output: Any) -> Any:
            unit.free()
            return tree_map(watch_output, output)

        def watch_output(value: Any) -> Any:
            if torch.is_tensor(value) and value.requires_grad:
                value.register_hook(enter_backward)
            return value

        def enter_backward(_gradient: torch.Tensor) -> None:
            self._finish_later()
            unit.gather()
            if self.prefetch and before is not None:
                before.start_gather()

        unit.module.register_forward_pre_hook(enter)
        unit.module.register_forward_hook(leave)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The module's own output, in the compute dtype."""
        for unit in self.units:  # left over, with old values, if the last forward pass had no backward pass
            unit.free()
        if self.outer is not None:
            self.outer.gather()
        args, kwargs = tree_map(self._cast, (args, kwargs))
        return self.module(*args, **kwargs)

    def _finish_later(self) -> None:
        """Have autograd call `_finish` when this backward pass ends."""
        if not self._finishing:
            self._finishing = True
            call_at_end_of_backward(self._finish)

    def _finish(self) -> None:
        """End of backward: reduce what is left, in one order on all ranks."""
        self._finishing = False
        for unit in reversed(self.units):
            unit.finish_backward()

    def _cast(self, value: Any) -> Any:
        if self.compute is not None and torch.is_tensor(value) and value.is_floating_point():
            return value.to(self.compute)
        return value

    def shards(self) -> list[nn.Parameter]:
        """The parameters of the optimizer: this rank's part of each unit, flat and padded."""
        return [unit.shard for unit in self.units]

    def live_bytes(self) -> int:
        """Bytes of parameters on this rank now: all shards, and the units that are gathered."""
        return sum(unit.live_bytes() for unit in self.units)

    @torch.no_grad()
    def full_state(self) -> dict[str, torch.Tensor]:
        """Every parameter with all its values, in the dtype of the shards, on every rank. A collective."""
        names = {id(param): name for name, param in self.module.named_parameters(remove_duplicate=False)}
        state = {}
        for unit in self.units:
            for param, values in zip(unit.params, unit.full_values(), strict=True):
                state[names[id(param)]] = values
        return {name: state[name] for name, _ in self.module.named_parameters()}

    @torch.no_grad()
    def load_full_state(self, state: dict[str, torch.Tensor]) -> None:
        """Take this rank's parts of `state`, as `full_state` returns it; no message. Raises KeyError for a missing
        name."""
        names = {id(param): name for name, param in self.module.named_parameters()}
        for unit in self.units:
            unit.take([state[names[id(param)]] for param in unit.params])

    def sharded_state(self) -> dict[str, torch.Tensor]:
        """This rank's part of each unit, without padding: {"unit.0": 1-D tensor, ...}. No message."""
        return {f"unit.{place}": unit.real_part() for place, unit in enumerate(self.units)}


def _parts(module: nn.Module, units: Sequence[nn.Module]) -> list[tuple[nn.Module, list[nn.Parameter]]]:
    """The parameters of each unit, and last those outside of all units with the whole module."""
    owner: dict[nn.Parameter, nn.Module] = {}
    for unit in units:
        for param in unit.parameters():
            if param in owner:
                raise ValueError(
                    f"expected each parameter in one unit; two units share one of shape {tuple(param.shape)}."
                    " Put both in one unit, or leave both out of `units`"
                )
            owner[param] = unit
    frozen = [name for name, param in module.named_parameters() if not param.requires_grad]
    if frozen:
        raise ValueError(
            f"expected only parameters that require gradients, got frozen ones: {', '.join(frozen)}"
        )
    parts = [(unit, list(unit.parameters())) for unit in units]
    outside = [param for param in module.parameters() if param not in owner]
    parts = [part for part in parts if part[1]] + ([(module, outside)] if outside else [])
    if not parts:
        raise ValueError("expected a module with parameters, got none")
    return parts

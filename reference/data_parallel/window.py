"""Beside step 5: ranks of one machine share memory, so they need no message at all.

All ranks put their gradients in one shared window, and use one copy of the parameters, in shared memory too. A step
is: wait for everybody's gradients; rank r adds up part r over all ranks and updates part r of the parameters in the
same pass; wait for everybody's update. A ring moves every number 2 (p - 1) / p times through the kernel; here each
gradient is read once. And the state of the optimizer is sharded, as in ZeRO-1, because each part has one owner.

Bound by: memory bandwidth. Nothing overlaps with backward.

Source: the idea of reducing and updating by owners is S. Rajbhandari et al., SC 2020, section 5.1; shared windows are
MPI-3's (MPI 4.1, section 12.2.3), here as a file in /dev/shm.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from reference.data_parallel.flat import FlatLayout
from reference.shared.comm.communicator import Communicator

BLOCK = 1 << 16  # numbers reduced and updated at a time: 256 KiB of fp32 stay in the cache
NAME_BYTES = 256


def shared_vector(comm: Communicator, length: int, dtype: torch.dtype) -> torch.Tensor:
    """A vector of zeros in memory that all ranks of this machine share; a collective.

    The file has no name any more when this returns, so nothing is left behind, whatever ends the ranks.

    Raises:
        OSError: no place in /dev/shm.
    """
    name = np.zeros(NAME_BYTES, np.int64)  # the path of the file, as numbers that every backend can send
    handle, path = -1, Path()
    if comm.rank == 0:
        handle, text = tempfile.mkstemp(prefix="mlsys-", dir="/dev/shm")
        path = Path(text)
        os.posix_fallocate(handle, 0, max(1, length * dtype.itemsize))
        encoded = text.encode()
        name[: len(encoded)] = list(encoded)
    comm.broadcast(name, 0)
    path = Path(bytes(name[name > 0].tolist()).decode())
    vector = torch.from_file(str(path), shared=True, size=length, dtype=dtype)
    comm.barrier()  # everybody has it
    if comm.rank == 0:
        os.close(handle)
        path.unlink()
    return vector


class WindowSgd:
    """SGD over all ranks of one machine, with gradients and parameters in shared memory.

    The parameters of `module` become views of the shared copy, with the values of rank 0. Call `step()` after
    backward on every rank; between two steps no rank may change the parameters. Gradients leave `.grad` at once:
    backward copies them to the window and frees them, and several backward passes add up. Parameters that no rank
    uses keep their values only without momentum and decay.

    rate, momentum: as in torch.optim.SGD.

    Cost of a step: two barriers; each rank reads S bytes of gradients and updates S / p bytes of parameters,
    for S bytes of parameters. Memory of the machine: p S for gradients and S for parameters, not 3 p S.

    Raises:
        ValueError: no parameter to train, several dtypes, or memory that is not the CPU's.
    """

    def __init__(self, module: nn.Module, communicator: Communicator, rate: float, momentum: float = 0.0):
        self.params = [p for p in module.parameters() if p.requires_grad]
        if any(p.device.type != "cpu" for p in self.params):
            raise ValueError("expected parameters in the memory of the CPU; use DataParallel on GPUs")
        self.communicator = communicator
        self.rate, self.momentum = rate, momentum
        rank, size = communicator.rank, communicator.size
        self.layout = FlatLayout(self.params, size)
        dtype = self.params[0].dtype
        self.weights = shared_vector(communicator, self.layout.padded, dtype)
        window = shared_vector(communicator, size * self.layout.padded, dtype).view(size, -1)
        if rank == 0:
            self.weights.copy_(self.layout.join([p.detach() for p in self.params], self.weights))
        communicator.barrier()
        # A row for each rank's gradients, and of each row the part that this rank reduces.
        self.parts = [self.layout.own(row, rank) for row in window]
        self.own_weights = self.layout.own(self.weights, rank)
        self.velocity = torch.zeros_like(self.own_weights) if momentum else None
        self.fresh: set[int] = set()  # places in the window that this step has written
        self.places = self.layout.views(window[rank])
        for place, (param, view) in enumerate(zip(self.params, self.layout.views(self.weights), strict=True)):
            param.data = view
            param.register_post_accumulate_grad_hook(lambda p, place=place: self._to_window(p, place))

    def _to_window(self, param: nn.Parameter, place: int) -> None:
        """Hook: move the gradient to the window while it is still in the cache."""
        gradient: Any = param.grad
        if place in self.fresh:
            self.places[place].add_(gradient)
        else:
            self.places[place].copy_(gradient)
            self.fresh.add(place)
        param.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update the shared parameters by the mean gradient of all ranks."""
        for place in set(range(len(self.places))) - self.fresh:
            self.places[place].zero_()
        self.fresh.clear()
        self.communicator.barrier()  # all gradients are in the window
        scale = 1 / self.communicator.size
        total = torch.empty(min(BLOCK, self.layout.part), dtype=self.weights.dtype)
        for start in range(0, self.layout.part, BLOCK):
            block = slice(start, min(start + BLOCK, self.layout.part))
            mean = total[: block.stop - start]
            torch.mul(self.parts[0][block], scale, out=mean)
            for part in self.parts[1:]:
                mean.add_(part[block], alpha=scale)
            if self.velocity is not None:
                mean = self.velocity[block].mul_(self.momentum).add_(mean)
            self.own_weights[block].add_(mean, alpha=-self.rate)
        self.communicator.barrier()  # all parameters are new

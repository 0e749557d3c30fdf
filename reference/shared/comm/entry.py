"""The communicator of a script that `./mlsys run`, mpirun or torchrun started."""

from __future__ import annotations

import os

from reference.shared.comm.communicator import Communicator

given: list[Communicator] = []  # by the launcher of this process


def world() -> Communicator:
    """The communicator of all ranks. Call it once, at the top of a script, and pass the value on.

    `./mlsys run` makes it with its own options (`--check`, `--trace`). Under torchrun it is a TorchCommunicator of the
    default group, else an MpiCommunicator of all processes of mpirun; a process on its own is the only rank.
    """
    if given:
        return given[0]
    if "TORCHELASTIC_RUN_ID" in os.environ or {"RANK", "MASTER_ADDR"} <= set(os.environ):
        import torch
        import torch.distributed as dist

        from reference.shared.comm.distributed import TorchCommunicator

        if not dist.is_initialized():
            dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        given.append(TorchCommunicator())
    else:
        from mpi4py import MPI

        from reference.shared.comm.mpi import MpiCommunicator

        given.append(MpiCommunicator(MPI.COMM_WORLD))
    return given[0]

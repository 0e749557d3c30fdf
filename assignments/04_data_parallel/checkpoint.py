"""Step 8: sharded checkpoints that survive a kill at any moment, and load on another number of ranks.

Each rank writes its own shards, so nobody needs memory for the whole model. All files go to a folder with a temporary
name, and one rename makes it a checkpoint: a reader finds either all of it or nothing. What is stored is the place of
every number in the whole vector, not the number of the rank; so any number of ranks can read it.

Source: for atomic replacement, T. Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014; for the format,
the idea of torch.distributed.checkpoint (shards with global offsets).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from reference.shared.comm.communicator import Communicator

COMPLETE, PARTIAL = "step-", "partial-"


def part_of(length: int, rank: int, size: int) -> tuple[int, int]:
    """Start and stop of the part of `rank` in a vector of `length` numbers: ceil(length / size) each, the last ones
    less."""
    part = -(-length // size)
    return min(rank * part, length), min((rank + 1) * part, length)


def save(
    folder: Path,
    step: int,
    shards: Mapping[str, torch.Tensor],
    lengths: Mapping[str, int],
    common: Mapping[str, Any],
    comm: Communicator,
) -> Path:
    """Write a checkpoint of all ranks; a collective.

    shards: 1-D tensors; `shards[name]` is this rank's part (`part_of`) of a vector of `lengths[name]` numbers,
    perhaps with padding behind it, which is not stored. Parameters and each vector of Adam's state are entries of
    their own. common: numbers, texts and tensors that are equal on all ranks, such as Adam's step, the seed and the
    place in the data. Returns folder/step-00000012. When `save` returns on a rank, the checkpoint is on disk; a kill
    before leaves the earlier checkpoints whole.

    Cost: each rank writes its own bytes; two barriers.

    Raises:
        ValueError: step is negative, the names differ, or a shard is shorter than its part.
        FileExistsError: there is a checkpoint of this step.
    """
    if step < 0 or shards.keys() != lengths.keys():
        raise ValueError(
            f"expected a step of at least 0, and a length for each shard; got {step}, "
            f"{sorted(shards)}, {sorted(lengths)}"
        )
    for name, shard in shards.items():
        start, stop = part_of(lengths[name], comm.rank, comm.size)
        if shard.ndim != 1 or len(shard) < stop - start:
            raise ValueError(
                f"expected {name} to be a vector of at least {stop - start} numbers, got {tuple(shard.shape)}"
            )
    if (Path(folder) / f"{COMPLETE}{step:08d}").exists():
        raise FileExistsError(
            f"expected no checkpoint of step {step} in {folder}, got one; load it, or use a new folder"
        )
    return _save(Path(folder), step, shards, lengths, common, comm)


def _save(
    folder: Path,
    step: int,
    shards: Mapping[str, torch.Tensor],
    lengths: Mapping[str, int],
    common: Mapping[str, Any],
    comm: Communicator,
) -> Path:
    """Write to a partial folder, and rename it when all ranks are done; the arguments are checked already."""
    raise NotImplementedError(
        "04.11 save (_save): Write to a partial folder, and rename it when all ranks are done; the arguments "
        "are checked already."
    )


def load(
    folder: Path, comm: Communicator
) -> tuple[int, dict[str, torch.Tensor], dict[str, int], dict[str, Any]]:
    """Read the newest complete checkpoint of `folder`, on any number of ranks.

    Returns (step, shards, lengths, common): shards[name] is the part of this rank (`part_of`) without padding. Partial
    checkpoints are ignored. Only the stored pieces that overlap with this rank's parts are read from the disk.

    Cost: each rank reads its own bytes; no message.

    Raises:
        FileNotFoundError: there is no complete checkpoint.
        ValueError: numbers are missing in it.
    """
    complete = sorted(Path(folder).glob(f"{COMPLETE}*"))
    if not complete:
        raise FileNotFoundError(f"expected a checkpoint {COMPLETE}... in {folder}, got none")
    return _load(complete[-1], comm)


def _load(
    path: Path, comm: Communicator
) -> tuple[int, dict[str, torch.Tensor], dict[str, int], dict[str, Any]]:
    """Put this rank's parts together from the pieces of all files of the checkpoint `path`."""
    raise NotImplementedError(
        "04.11 save (_load): Put this rank's parts together from the pieces of all files of the checkpoint "
        "`path`."
    )


def _write(path: Path, value: Any) -> None:
    """Write `value`, and wait until it is on disk."""
    with path.open("wb") as file:
        torch.save(value, file)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Wait until the names in `folder` are on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

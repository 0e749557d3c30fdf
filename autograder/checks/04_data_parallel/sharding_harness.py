"""Programs for clipping, sharded optimizers, ZeRO-3 and checkpoints, on several ranks beside the student's code."""

# pyright: reportUndefinedVariable=false
# ruff: noqa: F821
# The worker adds `student_function` to this module: it returns the student's function with a name.

import os
import signal
import tempfile
import time
from pathlib import Path

import torch
from torch import nn

from reference.lab.data_parallel.programs import SECONDS, mlp, own, ranks, values
from reference.shared.comm import LaunchError, launch

# 04.8


def clip(n, sharded, replicated, most):
    """Of each rank: the norm, and the gradients afterwards. sharded[rank]: a list of vectors."""
    return ranks(n, _clip, sharded, replicated, most)


def _clip(comm, sharded, replicated, most):
    mine = [torch.from_numpy(v.copy()) for v in sharded[comm.rank]]
    same = [torch.from_numpy(v.copy()) for v in replicated]
    norm = student_function("clip_grad_norm")(mine, same, most, comm)
    return float(norm), [list(mine), list(same)]


# 04.9


def train_sharded(n, widths, seed, batches, rate, stage):
    """Of each rank: parameters after AdamW on the batches, bytes of state, calls of the last step, gradients left."""
    return ranks(n, _train_sharded, widths, seed, batches, rate, stage)


def _train_sharded(comm, widths, seed, batches, rate, stage):
    module = mlp(seed, *widths)
    optimizer = student_function("sharded_adamw")(module.parameters(), comm, rate, stage=stage)
    for x, y in batches:
        optimizer.zero_grad()
        nn.functional.mse_loss(module(own(x, comm)), own(y, comm)).backward()
        if stage == 1:
            for param in module.parameters():
                comm.inner.all_reduce(param.grad, "avg")
        comm.messages.clear()
        optimizer.step()
    state = [t for s in optimizer.optimizer.state.values() for t in s.values() if torch.is_tensor(t)]
    size = sum(t.numel() * t.element_size() for t in state if t.numel() > 1)
    left = sum(p.grad is not None for p in module.parameters())
    calls = [[m.kind, m.bytes] for m in comm.messages]
    return values(module.parameters()), size, calls, left


# 04.10


def train_fsdp(n, widths, seed, batches, rate, backwards, half):
    """Of each rank: shards of all parameters after SGD, live bytes and calls in one step, and its layer sizes."""
    return ranks(n, _train_fsdp, widths, seed, batches, rate, backwards, half)


def _train_fsdp(comm, widths, seed, batches, rate, backwards, half):
    module = mlp(seed, *widths)
    compute = torch.bfloat16 if half else None
    model = student_function("fsdp.py:FullyShardedDataParallel")(
        module, comm, prefetch=False, compute=compute
    )
    optimizer = torch.optim.SGD(model.shards(), lr=rate)
    live, dtypes, left = [], [], 0

    def note(_module, _args, output):  # runs while the parameters of the layer are there
        live.append(model.live_bytes())
        dtypes.append(str(output.dtype))

    for unit in model.units:
        unit.module.register_forward_hook(note, prepend=True)
    for x, y in batches:
        optimizer.zero_grad()
        comm.messages.clear()
        live.clear()
        live.append(model.live_bytes())
        for _ in range(backwards):
            output = model(own(x, comm))
            live.append(model.live_bytes())
            nn.functional.mse_loss(output.float(), own(y, comm)).backward()
        live.append(model.live_bytes())
        left = sum(p.grad is not None for p in module.parameters())
        optimizer.step()
    calls = [[m.kind, m.bytes] for m in comm.messages]
    shards = [shard.detach().clone() for shard in model.shards()]
    return shards, live, calls, [left, dtypes[0]]


# 04.11


def save_and_load(savers, loaders, vectors, common, steps):
    """Save padded shards of the vectors on `savers` ranks at each step, then load on `loaders` ranks."""
    with tempfile.TemporaryDirectory() as folder:
        ranks(savers, _save, folder, vectors, common, steps)
        names = sorted(path.name for path in Path(folder).iterdir())
        return ranks(loaders, _load, folder), names


def _save(comm, folder, vectors, common, steps):
    for step in steps:
        shards = {name: _padded(vector + step, comm) for name, vector in vectors.items()}
        lengths = {name: len(vector) for name, vector in vectors.items()}
        student_function("save")(folder, step, shards, lengths, {**common, "at": step}, comm)


def _padded(vector, comm):
    part = -(-len(vector) // comm.size)
    padded = torch.full((part * comm.size,), 99.0, dtype=torch.float64)
    padded[: len(vector)] = torch.from_numpy(vector)
    return padded[comm.rank * part : (comm.rank + 1) * part]


def _load(comm, folder):
    step, shards, lengths, common = student_function("checkpoint.py:load")(folder, comm)
    return step, shards, lengths, common


def interrupted_save(n, vectors):
    """Save at step 1; then save at step 2, and kill the last rank before it writes. What do all ranks load then?"""
    with tempfile.TemporaryDirectory() as folder:
        ranks(n, _save, folder, vectors, {}, [1])
        try:
            # Without comparison of calls: it would wait for the rank that is dead.
            launch(_killed_save, n, folder, vectors, fork=True, check=False, timeout=SECONDS)
        except LaunchError:
            return ranks(n, _load, folder)
    raise RuntimeError("save returned although a rank was killed before it wrote a file")


def _killed_save(comm, folder, vectors):
    if comm.rank == comm.size - 1:
        torch.save = _die  # save(...) calls it to write a file
    _save(comm, folder, vectors, {}, [2])


def _die(*_args, **_options):
    time.sleep(0.3)  # the others have written their files by then
    os.kill(os.getpid(), signal.SIGKILL)

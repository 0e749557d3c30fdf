"""Programs of the lab: each runs on every rank, and uses functions that you wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from reference.lab.data_parallel.programs import mlp, own
from reference.shared.comm import Communicator
from reference.shared.data.datasets import digits


def digit_arrays() -> tuple[np.ndarray, np.ndarray]:
    """The training digits: (1437, 64) float64 from 0 to 1, and their classes, int64."""
    train = digits().train
    return train.images.reshape(len(train.images), -1) / 16.0, train.labels.astype(np.int64)


def softmax_loss(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """The mean cross-entropy of softmax(x @ w) in nats."""
    scores = x @ w
    scores -= scores.max(axis=1, keepdims=True)
    return float((np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y]).mean())


def train_digits(
    comm: Communicator,
    shard_indices: Callable[..., Any],
    sgd_step: Callable[..., Any],
    batch: int,
    epochs: int,
) -> list[float]:
    """The loss on all training digits after each epoch; `batch` examples a step on all ranks together."""
    x, y = digit_arrays()
    w, losses = np.zeros((64, 10)), []
    for epoch in range(epochs):
        mine = shard_indices(len(x), comm.rank, comm.size, epoch, 1)
        rows = batch // comm.size
        for start in range(0, -(-len(x) // comm.size), rows):
            part = mine[start : start + rows]
            w = sgd_step(comm, w, x[part], y[part], 0.5)
        losses.append(softmax_loss(w, x, y))
    return losses


def watched_steps(
    comm: Communicator,
    wrap: Callable[..., Any],
    bucket_mb: float,
    overlap: bool,
    width: int = 512,
    steps: int = 3,
) -> int:
    """Train a network of 6 square layers; the last step is in the records of `comm`. Returns the bytes of parameters.

    Records: the spans "forward" and "backward", a moment "layer k" when the gradient of a layer is there, and messages.
    """
    torch.set_num_threads(1)
    module = mlp(1, *[width] * 7)
    model = wrap(module, comm, bucket_mb, overlap=overlap)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    for place, layer in enumerate(module):
        if isinstance(layer, nn.Linear):
            layer.weight.register_hook(lambda _, place=place: _mark(comm, f"layer {place // 2 + 1}"))
    generator = torch.Generator().manual_seed(comm.rank)
    for _ in range(steps):
        x, y = (torch.randn(64, width, generator=generator) for _ in range(2))
        optimizer.zero_grad()
        comm.barrier()
        recorder(comm).messages.clear()
        with recorder(comm).compute("forward"):
            loss = nn.functional.mse_loss(model(x), y)
        with recorder(comm).compute("backward"):
            loss.backward()
        optimizer.step()
    return sum(4 * p.numel() for p in module.parameters())


def recorder(comm: Communicator) -> Any:
    """The communicator of a launch, which records its calls."""
    return comm


def _mark(comm: Communicator, label: str) -> None:
    with recorder(comm).compute(label):
        pass


def local_training(
    comm: Communicator, local_sgd: Callable[..., Any], every: int, momentum: float
) -> tuple[float, int]:
    """The final loss on all digits of 60 steps with a meeting every `every`, and the bytes that this rank gave."""
    torch.manual_seed(0)
    x, y = (torch.from_numpy(each) for each in digit_arrays())
    x = x.float()
    module = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
    meeting = local_sgd(module, comm, every, outer_rate=0.7 if momentum else 1.0, outer_momentum=momentum)
    recorder(comm).messages.clear()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.5)
    generator = torch.Generator().manual_seed(comm.rank)
    for _ in range(60):
        rows = torch.randint(len(x), (32,), generator=generator)
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(x[rows]), y[rows]).backward()
        optimizer.step()
        meeting.step()
    sent = sum(m.bytes for m in recorder(comm).messages if m.kind == "all_reduce")
    with torch.no_grad():
        return nn.functional.cross_entropy(module(x), y).item(), sent


def zero_memory(
    comm: Communicator, wrap: Callable[..., Any] | None, fsdp: Callable[..., Any] | None
) -> dict[str, int]:
    """Bytes that this rank keeps between two steps of Adam: parameters, gradients, state.

    wrap: sharded_adamw of task 04.9 (ZeRO-1), or None. fsdp: FullyShardedDataParallel (ZeRO-3), or None. With neither,
    every rank keeps all.
    """
    module = mlp(1, 128, 256, 256, 10)
    model: Any = module
    if fsdp is not None:
        model = fsdp(module, comm)
    params = model.shards() if fsdp is not None else list(module.parameters())
    optimizer = wrap(params, comm, 0.01) if wrap is not None else torch.optim.AdamW(params, lr=0.01)
    x, y = torch.randn(8, 128), torch.randn(8, 10)
    nn.functional.mse_loss(model(own(x, comm)), own(y, comm)).backward()
    gradients = sum(4 * p.numel() for p in params if p.grad is not None)
    optimizer.step()
    inner = optimizer if isinstance(optimizer, torch.optim.Optimizer) else optimizer.optimizer
    tensors = [t for state in inner.state.values() for t in state.values() if torch.is_tensor(t)]
    state = sum(t.numel() * t.element_size() for t in tensors if t.numel() > 1)
    return {"parameters": sum(4 * p.numel() for p in params), "gradients": gradients, "state": state}


def steps_to_target(batch: int, rate: float, target: float, most: int = 3000) -> int:
    """Steps of SGD until the loss on all digits is at most `target`; `most` if it never is."""
    x, y = digit_arrays()
    rng = np.random.default_rng(batch)
    w, known = np.zeros((64, 10)), np.eye(10)
    for step in range(1, most + 1):
        rows = rng.integers(0, len(x), batch)
        scores = x[rows] @ w
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        w -= rate / batch * x[rows].T @ (odds / odds.sum(axis=1, keepdims=True) - known[y[rows]])
        if step % 4 == 0 and softmax_loss(w, x, y) <= target:
            return step
    return most

"""Inputs and expected values: one process that sees the data of all ranks, with NumPy and torch's own optimizers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from autograder.judge.checking import expect_close

# fp32 sums of a few dozen terms in another order, over a few steps with gradients below 1.
LOOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}


def mlp(seed: int, *widths: int) -> nn.Sequential:
    """The network of the harness: linear layers with tanh between them."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for wide, narrow in pairwise(widths):
        layers += [nn.Linear(wide, narrow), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def values(tensors: Any) -> np.ndarray:
    """One flat float64 vector."""
    return torch.cat([t.detach().double().reshape(-1) for t in tensors]).numpy()


def batches(rng: np.random.Generator, count: int, rows: int, wide: int, narrow: int) -> list[Any]:
    """Random (x, y), float32 tensors."""
    draw = rng.standard_normal
    return [
        (
            torch.tensor(draw((rows, wide)), dtype=torch.float32),
            torch.tensor(draw((rows, narrow)), dtype=torch.float32),
        )
        for _ in range(count)
    ]


def trained(
    widths: Sequence[int], seed: int, data: list[Any], optimizer: Any, **options: Any
) -> nn.Sequential:
    """The network after a step for each batch, in one process."""
    model = mlp(seed, *widths)
    stepper = optimizer(model.parameters(), **options)
    for x, y in data:
        stepper.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        stepper.step()
    return model


def expect_on_every_rank(found: Sequence[Any], want: Any, hint: str, **tolerance: Any) -> None:
    """Compare the value of each rank with one expected value."""
    for rank, value in enumerate(found):
        expect_close(value, want, **(tolerance or LOOSE), hint=f"{hint} (rank {rank})")


def softmax_gradient(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The gradient of the mean cross-entropy by torch's autograd."""
    weight = torch.tensor(w, requires_grad=True)
    nn.functional.cross_entropy(torch.tensor(x) @ weight, torch.tensor(y)).backward()
    assert weight.grad is not None
    return weight.grad.numpy()

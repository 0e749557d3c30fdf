"""The judge's own counts: torch makes the layer, and its FLOP counter watches a forward pass.

Nothing is computed: the layers and their inputs live on torch's meta device, which knows only shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode


def parameters(module: torch.nn.Module) -> int:
    """Every number that training would change."""
    return sum(p.numel() for p in module.parameters())


def flop(run: Callable[..., Any], *inputs: Any) -> int:
    """The FLOP that torch counts in `run(*inputs)`: 2 for each multiply-add of a product, 0 for all the rest."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run(*inputs)
    return int(counter.get_total_flops())


def linear(batch: int, inputs: int, outputs: int, bias: bool = True) -> tuple[int, int]:
    with torch.device("meta"):
        layer = torch.nn.Linear(inputs, outputs, bias)
        return parameters(layer), flop(layer, torch.empty(batch, inputs))


def conv2d(
    batch: int, in_channels: int, out_channels: int, height: int, width: int, kernel: int, **how: Any
) -> tuple[int, int]:
    with torch.device("meta"):
        layer = torch.nn.Conv2d(in_channels, out_channels, kernel, **how)
        return parameters(layer), flop(layer, torch.empty(batch, in_channels, height, width))


def attention(batch: int, queries: int, keys: int, width: int, heads: int) -> tuple[int, int]:
    with torch.device("meta"):
        layer = torch.nn.MultiheadAttention(width, heads, batch_first=True)
        q = torch.empty(batch, queries, width)
        if queries == keys:  # self-attention: torch projects queries, keys and values in one product
            return parameters(layer), flop(layer, q, q, q)
        k = torch.empty(batch, keys, width)
        return parameters(layer), flop(layer, q, k, k)


def embedding(batch: int, length: int, vocabulary: int, width: int) -> tuple[int, int]:
    with torch.device("meta"):
        layer = torch.nn.Embedding(vocabulary, width)
        return parameters(layer), flop(layer, torch.zeros(batch, length, dtype=torch.int64))


def layer_norm(width: int) -> tuple[int, int]:
    with torch.device("meta"):
        layer = torch.nn.LayerNorm(width)
        return parameters(layer), flop(layer, torch.empty(3, width))

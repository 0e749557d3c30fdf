"""Given: parameters and FLOP of a torch module, layer by layer, with `layers.py`.

Hooks in a forward pass record the shapes that reach each layer.
`torch.utils.flop_counter` counts the same pass operator by operator: two ways to one
number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn

import layers


class Row(NamedTuple):
    """One layer that has parameters of its own."""

    name: str  # inside the module: "encoder.0.linear1"
    kind: str
    parameters: int
    flop: int


Count = Callable[[Any, tuple[Any, ...], dict[str, Any]], tuple[int, int]]


def count_module(module: nn.Module, *inputs: torch.Tensor) -> list[Row]:
    """A row for every call of a layer in a forward pass of `module(*inputs)`, in order.

    A layer that is called again costs FLOP again, but only its first row has its
    parameters. Works on the meta device, where nothing is computed. Known: Linear,
    Conv2d, MultiheadAttention (batch_first), Embedding, LayerNorm, BatchNorm1d,
    BatchNorm2d, GroupNorm, and all layers without parameters.

    Raises ValueError for a layer of another kind that has parameters, with its name.
    """
    rows: list[Row] = []
    seen: set[nn.Module] = set()
    hooks = []
    for name, layer in _layers(module):
        kind, count = type(layer).__name__, _COUNTS.get(type(layer))
        if count is None:
            raise ValueError(
                f"count_module: expected one of {', '.join(k.__name__ for k in _COUNTS)}, got {kind} at {name!r}"
            )

        def hook(layer, args, kwargs, output, name=name, kind=kind, count=count):  # noqa: ARG001
            parameters, flop = count(layer, args, kwargs)
            rows.append(Row(name, kind, 0 if layer in seen else parameters, flop))
            seen.add(layer)

        hooks.append(layer.register_forward_hook(hook, with_kwargs=True))
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(
        False
    )  # it computes a transformer layer without calling its parts
    try:
        with torch.no_grad():
            module(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        for handle in hooks:
            handle.remove()
    return rows


def _layers(module: nn.Module, name: str = "") -> list[tuple[str, nn.Module]]:
    """The layers that are counted, without the parts of those counted whole."""
    own = any(True for _ in module.parameters(recurse=False))
    if own or type(module) in _COUNTS:
        return [(name or "module", module)]
    below = []
    for child_name, child in module.named_children():
        below += _layers(child, f"{name}.{child_name}" if name else child_name)
    return below


def _linear(layer: nn.Linear, args: tuple[Any, ...], _: dict[str, Any]) -> tuple[int, int]:
    rows = args[0].numel() // layer.in_features
    return layers.linear(rows, layer.in_features, layer.out_features, layer.bias is not None)


def _conv2d(layer: nn.Conv2d, args: tuple[Any, ...], _: dict[str, Any]) -> tuple[int, int]:
    shape = tuple(args[0].shape)
    settings = {
        "kernel": layer.kernel_size,
        "stride": layer.stride,
        "padding": layer.padding,
        "dilation": layer.dilation,
    }
    square: dict[str, Any] = {}
    for setting, sides in settings.items():
        if isinstance(sides, str) or len(set(sides)) != 1:
            raise ValueError(
                f"count_module: expected a convolution with the same {setting} both ways, got {sides}"
            )
        square[setting] = sides[0]
    batch = shape[0] if len(shape) == 4 else 1
    return layers.conv2d(
        batch,
        layer.in_channels,
        layer.out_channels,
        *shape[-2:],
        groups=layer.groups,
        bias=layer.bias is not None,
        **square,
    )


def _attention(
    layer: nn.MultiheadAttention, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[int, int]:
    given = dict(zip(("query", "key", "value"), args, strict=False)) | kwargs
    query, key = given["query"], given["key"]
    whole = layer._qkv_same_embed_dim and layer.in_proj_bias is not None and layer.bias_k is None
    if not (layer.batch_first and query.dim() == 3 and whole):
        raise ValueError(
            "count_module: expected MultiheadAttention with batch_first, biases, a batch, and keys as wide as queries"
        )
    return layers.attention(query.shape[0], query.shape[1], key.shape[1], layer.embed_dim, layer.num_heads)


def _embedding(layer: nn.Embedding, args: tuple[Any, ...], _: dict[str, Any]) -> tuple[int, int]:
    return layers.embedding(1, args[0].numel(), layer.num_embeddings, layer.embedding_dim)


def _norm(layer: nn.Module, args: tuple[Any, ...], _: dict[str, Any]) -> tuple[int, int]:  # noqa: ARG001
    return sum(p.numel() for p in layer.parameters()), 0  # a gain and a shift for each channel, or none


def _layer_norm(layer: nn.LayerNorm, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[int, int]:
    if layer.elementwise_affine and layer.bias is not None:
        return layers.layer_norm(layer.weight.numel())
    return _norm(layer, args, kwargs)


_COUNTS: dict[type[nn.Module], Count] = {
    nn.Linear: _linear,
    nn.Conv2d: _conv2d,
    nn.MultiheadAttention: _attention,
    nn.Embedding: _embedding,
    nn.LayerNorm: _layer_norm,
    nn.BatchNorm1d: _norm,
    nn.BatchNorm2d: _norm,
    nn.GroupNorm: _norm,
}

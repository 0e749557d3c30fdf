"""Checks of tensors for every Triton kernel of this unit. Given: do not edit.

    check_tensors(dims=2, a=a, b=b)             # tensors, one dtype, device, 2-D
    check_shape("k", k, (batch, keys, d), "as q has")
    check_unit_stride("x", x)                   # each row is contiguous

They look only at the description of a tensor, and never at an element: they cost
nothing, and do not wait for the GPU.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from reference.shared import gpu

DEVICE = gpu.select().device  # of the torch tensors that kernels take: "cuda" or "cpu"
FLOATS = (torch.float32, torch.float16, torch.bfloat16)


def check_tensors(*, dims: int, dtypes: tuple[torch.dtype, ...] = FLOATS, **tensors: Any) -> torch.dtype:
    """Check tensors (name=tensor): dense, on the kernels' device, `dims`-D.

    Returns their dtype.

    Strides and sizes are arbitrary, 0 included. Cost: O(1); no element is read.

    Raises:
        TypeError: one is not a torch tensor, has a dtype that is not among `dtypes`, or
            a dtype other than the first.
        ValueError: one is on another device than the kernels', is sparse, or is not
            `dims`-D.
    """
    for name, x in tensors.items():
        if not isinstance(x, torch.Tensor):
            raise TypeError(
                f"{name}: expected a torch tensor, got {type(x).__name__}; try torch.as_tensor({name})"
            )
        if x.dtype not in dtypes:
            known = " or ".join(map(short, dtypes))
            raise TypeError(
                f"{name}: expected dtype {known}, got {short(x.dtype)}; try {name}.to(torch.{short(dtypes[0])})"
            )
    first = next(iter(tensors))
    for name, x in tensors.items():
        if x.dtype != tensors[first].dtype:
            raise TypeError(
                f"expected one dtype for all tensors, got {short(tensors[first].dtype)} for {first} and "
                f"{short(x.dtype)} for {name}; try {name}.to({first}.dtype)"
            )
        if x.device.type != DEVICE:
            raise ValueError(
                f"{name}: expected a tensor on {DEVICE!r}, where the kernels run, got {x.device.type!r}; "
                f"try {name}.to({DEVICE!r})"
            )
        if x.layout != torch.strided:
            raise ValueError(f"{name}: expected a dense tensor, got layout {x.layout}; try {name}.to_dense()")
        if x.ndim != dims:
            raise ValueError(
                f"{name}: expected {dims} dimension{'s' if dims > 1 else ''}, got shape {tuple(x.shape)}; "
                f"try {name}.reshape(...)"
            )
    return tensors[first].dtype


def check_shape(name: str, x: torch.Tensor, shape: tuple[int, ...], why: str) -> None:
    """Raise ValueError unless `x` has this shape.

    `why` completes the message: "as q has", "one number a column of x".
    """
    if tuple(x.shape) != tuple(shape):
        raise ValueError(f"{name}: expected shape {tuple(shape)}, {why}; got {tuple(x.shape)}")


def check_unit_stride(name: str, x: torch.Tensor) -> None:
    """Raise ValueError unless the last dimension of `x` is contiguous in memory."""
    if x.shape[-1] > 1 and x.numel() and x.stride(-1) != 1:
        raise ValueError(
            f"{name}: expected stride 1 along the last dimension, got strides {x.stride()}; try {name}.contiguous()"
        )


def check_number(name: str, value: Any, *, above: float) -> float:
    """Return `value` as a float.

    Raises TypeError if it is not a number, ValueError if it is infinite, NaN or not
    above the bound.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}: expected a number, got {type(value).__name__}")
    if not math.isfinite(value) or value <= above:
        raise ValueError(f"{name}: expected a finite number above {above}, got {value}")
    return float(value)


def short(dtype: torch.dtype) -> str:
    """Return the short name of a dtype: "float32" for torch.float32."""
    return str(dtype).removeprefix("torch.")


def check_attention(
    causal: Any, *, dtypes: tuple[torch.dtype, ...] = FLOATS, **tensors: torch.Tensor
) -> tuple[int, int, int, int]:
    """Return (batch, queries, keys, d) of attention's operands q=, k= and v=.

    q: (batch, queries, d). k, v: (batch, keys, d). All contiguous. All sizes are at
    least 1, d is at most 128, batch at most 65535.

    Raises TypeError and ValueError as `check_tensors` does, and also for other shapes,
    for a tensor that is not contiguous, and if `causal` is not a bool.
    """
    if not isinstance(causal, bool):
        raise TypeError(f"causal: expected True or False, got {causal!r}")
    check_tensors(dims=3, dtypes=dtypes, **tensors)
    q, k, v = tensors["q"], tensors["k"], tensors["v"]
    (batch, queries, d), keys = q.shape, k.shape[1]
    check_shape("k", k, (batch, keys, d), "with the batch and the last dimension of q")
    check_shape("v", v, (batch, keys, d), "as k has")
    for name, x in tensors.items():
        if 0 in x.shape:
            raise ValueError(f"{name}: expected sizes of at least 1, got shape {tuple(x.shape)}")
        if not x.is_contiguous():
            raise ValueError(
                f"{name}: expected a contiguous tensor, got strides {x.stride()}; try {name}.contiguous()"
            )
    if d > 128:
        raise ValueError(
            f"q: expected d of at most 128 (larger tiles do not fit in shared memory), got {d}; try more heads"
        )
    if batch > 65535:
        raise ValueError(
            f"q: expected a batch of at most 65535 (the limit of a grid's second axis), got {batch}; split the batch"
        )
    return batch, queries, keys, d


def check_row_numbers(name: str, x: Any, shape: tuple[int, int]) -> None:
    """Check that `x` is a contiguous float32 tensor of this shape, one number per row.

    Raises TypeError or ValueError if not.
    """
    check_tensors(dims=2, dtypes=(torch.float32,), **{name: x})
    check_shape(name, x, shape, "one number for each row of q")
    if not x.is_contiguous():
        raise ValueError(
            f"{name}: expected a contiguous tensor, got strides {x.stride()}; try {name}.contiguous()"
        )

"""Find out if code changed arrays or tensors that it may only read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def kept(values: Sequence[Any]) -> list[bytes | None]:
    """Return the bytes of each array and tensor, and None for anything else."""
    return [_bytes(value) for value in values]


def changed(
    function: Callable[..., Any] | None, values: Sequence[Any], before: Sequence[bytes | None]
) -> list[str]:
    """Return a message for each of the function's last arguments, `values`, that is not as `kept` found it.

    Without a function its arguments are numbered.
    """
    names = _names(function)[-len(values) :] if values and function is not None else []
    names = names if len(names) == len(values) else [f"argument {i + 1}" for i in range(len(values))]
    return [
        f"changed: {name}, an input, is not as it was before the call"
        for name, value, was in zip(names, values, before, strict=True)
        if _bytes(value) != was
    ]


def _bytes(value: Any) -> bytes | None:
    """Return the elements as bytes, which also compares NaN, or None if this is no array and no tensor."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if type(value).__module__.split(".")[0] != "torch" or not hasattr(value, "data_ptr"):
        return None
    import torch

    return value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def _names(function: Any) -> list[str]:
    while not hasattr(function, "__code__") and (inner := getattr(function, "fn", None)) is not None:
        function = inner
    try:
        return list(inspect.signature(getattr(function, "py_func", function)).parameters)
    except (TypeError, ValueError):
        return []

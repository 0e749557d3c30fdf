"""Values that a wrong function could return instead of the right one: other types, forms and numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

HUGE = 10**400  # fits into no float
DIGITS = 10**4200  # near the longest that Python turns into text

ANYWHERE: dict[str, Any] = {
    "None": None,
    "text": "nan",
    "no text": "",
    "long text": "x" * 5000,
    "bytes": b"\0",
    "True": True,
    "minus one": -1,
    "huge": HUGE,
    "digits": DIGITS,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "smallest": 5e-324,
    "largest": sys.float_info.max,
    "complex": 1j,
    "NumPy number": np.float32(2),
    "NumPy bool": np.bool_(True),
    "NumPy NaN": np.float64("nan"),
    "no list": [],
    "no tuple": (),
    "no dict": {},
    "dict": {"x": 1, 2: "y"},
    "nested": [[[1.0]]],
    "None in a list": [None],
    "None in a tuple": (None, None),
    "arrays": [np.ones(3), np.ones(3)],
    "0-d array": np.array(1.0),
    "no array": np.empty(0),
    "array of NaN": np.full((2, 3), np.nan, np.float32),
    "object": object(),
}


def mutations(value: Any, depth: int = 2) -> dict[str, Callable[[], Any]]:
    """Name -> a function that makes the changed value. Elements of containers are changed down to `depth`."""
    found: dict[str, Callable[[], Any]] = {name: (lambda x=x: x) for name, x in ANYWHERE.items()}
    found |= {"in a list": lambda: [value], "in a tuple": lambda: (value,), "twice": lambda: [value, value]}
    if type(value) is np.ndarray:
        found |= of_array(value)
    elif type(value).__module__ == "torch":
        found |= of_tensor(value)
    elif type(value) in (list, tuple):
        found |= of_sequence(value, depth)
    elif type(value) is dict:
        found |= of_dict(value, depth)
    elif type(value) in (int, float):
        found |= {"a NumPy float": lambda: np.float64(value), "one more": lambda: value + 1}
        found |= {"an int": lambda: int(value) if abs(value) < HUGE else 0, "minus": lambda: -value}
    return found


def of_array(value: np.ndarray) -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {
        f"of {dtype}": lambda dtype=dtype: np.ones(value.shape, dtype)
        for dtype in ("bool", "uint8", "int64", "float16", "float32", "float64", "complex128")
    }
    found |= {
        "a list": lambda: value.tolist() if value.size < 1000 else [],
        "one axis more": lambda: value[None],
        "one axis": lambda: value.ravel(),
        "one row less": lambda: value[:-1] if value.ndim else value,
        "no rows": lambda: value[:0] if value.ndim else value,
        "one column more": lambda: np.repeat(value, 2, -1) if value.ndim else value,
        "turned": lambda: value.T,
        "backwards": lambda: value[::-1] if value.ndim else value,
        "smallest": lambda: np.full_like(value, extremes(value.dtype)[0]),
        "largest": lambda: np.full_like(value, extremes(value.dtype)[1]),
    }
    if value.dtype.kind == "f":
        found |= {f"all {x}": lambda x=x: np.full_like(value, x) for x in (np.nan, np.inf, 0)}
    return found


def extremes(dtype: np.dtype) -> tuple[Any, Any]:
    """The smallest and the largest number of a dtype; of a float the one nearest to 0."""
    if dtype.kind in "fc":
        return np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max
    return (False, True) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)


def of_tensor(value: Any) -> dict[str, Callable[[], Any]]:
    import torch

    found: dict[str, Callable[[], Any]] = {
        f"of {dtype}": lambda dtype=dtype: value.to(dtype)
        for dtype in (torch.bool, torch.int32, torch.float16, torch.bfloat16, torch.float64)
    }
    return found | {
        "an array": lambda: value.double().numpy(),
        "one axis more": lambda: value[None],
        "one axis": lambda: value.ravel(),
        "one row less": lambda: value[:-1] if value.ndim else value,
        "no rows": lambda: value[:0] if value.ndim else value,
        "a number": lambda: value.double().mean().item(),
        "0-d": lambda: value.double().mean(),
        "all NaN": lambda: torch.full_like(value, torch.nan) if value.is_floating_point() else value,
        "all infinite": lambda: torch.full_like(value, torch.inf) if value.is_floating_point() else value,
    }


def of_sequence(value: Any, depth: int) -> dict[str, Callable[[], Any]]:
    kind = type(value)
    found: dict[str, Callable[[], Any]] = {
        "other kind": lambda: tuple(value) if kind is list else list(value),
        "shorter": lambda: value[:-1],
        "longer": lambda: kind([*value, *value[-1:]]),
        "twice as long": lambda: value + value,
        "of arrays": lambda: kind(np.ones(3) for _ in value),
        "of None": lambda: kind(None for _ in value),
        "of text": lambda: kind("x" for _ in value),
    }
    for index in sorted({0, len(value) - 1}) if value and depth else ():
        for name, make in mutations(value[index], depth - 1).items():
            found[f"[{index}] {name}"] = lambda index=index, make=make: kind(
                [*value[:index], make(), *value[index + 1 :]]
            )
    return found


def of_dict(value: dict[Any, Any], depth: int) -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {"one key more": lambda: value | {"more": 1}}
    for key in value if depth else ():
        found[f"without {key}"] = lambda key=key: {k: v for k, v in value.items() if k != key}
        for name, make in mutations(value[key], depth - 1).items():
            found[f"[{key}] {name}"] = lambda key=key, make=make: value | {key: make()}
    return found


def nothing(value: Any) -> Any:
    """A value of the same form without content: zeros, and empty text."""
    if type(value) is np.ndarray:
        return np.zeros_like(value)
    if type(value).__module__ == "torch":
        return value * 0
    if type(value) in (list, tuple):
        return type(value)(nothing(each) for each in value)
    if type(value) is dict:
        return {key: nothing(each) for key, each in value.items()}
    return None if value is None else type(value)()

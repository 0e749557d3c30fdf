"""Encode values as a JSON tree plus raw array bytes. Nothing is unpickled or evaluated.

None, bool, int, float, str and list are themselves in JSON; every other kind is an object with one key:

    {"t": [...]}                  tuple
    {"d": [[key, value], ...]}    dict with str or int keys
    {"b": "00ff"}                 bytes
    {"c": [re, im]}               complex
    {"s": ["float32", "0000803f"]}            a NumPy scalar
    {"a": ["float32", [3, 5], "C"]}           an ndarray; its bytes follow in the payload
    {"T": ["bfloat16", [3, 5]]}               a torch tensor; its bytes follow in the payload

Types must match exactly: a subclass with its own `__eq__` is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np

MAX_DEPTH = 64
MAX_NODES = 4_000_000
MAX_ARRAYS = 4096
MAX_NDIM = 16
ALIGN = 64  # of each array in the payload
LARGEST_KEY = 1 << 60  # longer ints can be made to share one hash, and then a dict of them takes hours

# What may cross, by NumPy's names: numbers and booleans of native byte order.
DTYPES = {
    name: np.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
}
SCALARS = {dtype.type: name for name, dtype in DTYPES.items()}
TENSORS = {**DTYPES, "bfloat16": np.dtype("uint16")}  # NumPy has no bfloat16: its bits travel


class UnsupportedError(Exception):
    """An unsupported value; `dtype` is True for an array of an unsupported dtype."""

    def __init__(self, message: str, *, dtype: bool = False) -> None:
        super().__init__(message)
        self.dtype = dtype


class MalformedError(Exception):
    """An invalid tree, which the encoder never makes."""


def encode(value: Any) -> tuple[Any, list[np.ndarray]]:
    """The tree of `value`, and its arrays in order, each contiguous. Raises UnsupportedError."""
    arrays: list[np.ndarray] = []
    return _encode(value, arrays, 0), arrays


def _encode(value: Any, arrays: list[np.ndarray], depth: int) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int, float):
        return value
    if depth > MAX_DEPTH:
        raise UnsupportedError(f"a value nested more than {MAX_DEPTH} deep")
    if kind is str:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UnsupportedError("a str that is not valid Unicode") from None
        return value
    if kind is list:
        # Rows of floats, the common case, need no second list.
        return (
            value if all(type(x) is float for x in value) else [_encode(x, arrays, depth + 1) for x in value]
        )
    if kind is tuple:
        return {"t": [_encode(x, arrays, depth + 1) for x in value]}
    if kind is dict:
        for key in value:
            if type(key) not in (str, int):
                raise UnsupportedError(f"a dict with a key of type {full_name(type(key))}")
            if type(key) is int and abs(key) > LARGEST_KEY:
                raise UnsupportedError("a dict with an int key above 2**60")
        return {"d": [[key, _encode(x, arrays, depth + 1)] for key, x in value.items()]}
    if kind is bytes:
        return {"b": value.hex()}
    if kind is complex:
        return {"c": [value.real, value.imag]}
    if kind is np.ndarray:
        return _encode_array(value, arrays)
    if kind in SCALARS:
        return {"s": [SCALARS[kind], value.tobytes().hex()]}
    if kind.__module__ == "torch" and kind.__name__ == "Tensor":
        return _encode_tensor(value, arrays)
    raise UnsupportedError(full_name(kind))


def _encode_array(value: np.ndarray, arrays: list[np.ndarray]) -> Any:
    name = value.dtype.name
    if DTYPES.get(name) != value.dtype:
        raise UnsupportedError(f"numpy.ndarray of dtype {value.dtype}", dtype=True)
    if value.ndim > MAX_NDIM or len(arrays) >= MAX_ARRAYS:
        raise UnsupportedError(f"more than {MAX_NDIM} dimensions or {MAX_ARRAYS} arrays")
    fortran = value.ndim > 1 and value.flags.f_contiguous and not value.flags.c_contiguous
    arrays.append(value.T if fortran else np.ascontiguousarray(value))
    return {"a": [name, list(value.shape), "F" if fortran else "C"]}


def _encode_tensor(value: Any, arrays: list[np.ndarray]) -> Any:
    import torch

    if type(value) is not torch.Tensor or value.layout != torch.strided or value.is_quantized:
        raise UnsupportedError(f"{full_name(type(value))} (only plain dense tensors cross)")
    name = str(value.dtype).removeprefix("torch.")
    if name not in TENSORS or value.ndim > MAX_NDIM or len(arrays) >= MAX_ARRAYS:
        raise UnsupportedError(f"torch.Tensor of dtype {name}", dtype=True)
    plain = value.detach().cpu().contiguous()
    arrays.append((plain.view(torch.uint16) if name == "bfloat16" else plain).numpy())
    return {"T": [name, list(value.shape)]}


def full_name(kind: type) -> str:
    """The name of a type for messages, like 'numpy.ndarray', 'int', 'loops.Liar'."""
    module, name = str(kind.__module__), str(kind.__qualname__)
    return name if module == "builtins" else f"{module}.{name}"


def aligned(size: int) -> int:
    return -(-size // ALIGN) * ALIGN


def payload_size(arrays: list[np.ndarray]) -> int:
    return sum(aligned(array.nbytes) for array in arrays)

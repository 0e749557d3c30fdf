"""Decode values of values.py from an untrusted tree; every size is checked before memory is allocated."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.judge.worker.values import (
    DTYPES,
    LARGEST_KEY,
    MAX_ARRAYS,
    MAX_DEPTH,
    MAX_NDIM,
    MAX_NODES,
    TENSORS,
    MalformedError,
    aligned,
)


def fresh(shape: tuple[int, ...], dtype: np.dtype, _: int) -> np.ndarray:
    return np.empty(shape, dtype)


def decode(
    tree: Any,
    read: Callable[[np.ndarray, int], None],
    payload_bytes: int,
    empty: Callable[[tuple[int, ...], np.dtype, int], np.ndarray] = fresh,
) -> Any:
    """The value of a tree; `read(array, offset)` fills each array that `empty` makes from the payload.

    Every size is checked against `payload_bytes` before memory is taken. Raises MalformedError.
    """
    decoder = _Decoder(read, payload_bytes, empty)
    value = decoder.decode(tree, 0)
    if decoder.offset != payload_bytes:
        raise MalformedError(f"{payload_bytes} payload bytes, of which the header names {decoder.offset}")
    return value


class _Decoder:
    def __init__(
        self, read: Callable[..., None], payload_bytes: int, empty: Callable[..., np.ndarray]
    ) -> None:
        self.read, self.payload_bytes, self.empty = read, payload_bytes, empty
        self.offset = self.nodes = self.arrays = 0

    def decode(self, node: Any, depth: int) -> Any:
        kind = type(node)
        if kind is float or node is None or kind in (bool, int):
            return node
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise MalformedError("a value too deep or too large")
        if kind is str:
            return text(node)
        if kind is list:
            self.nodes += len(node)
            return node if all(type(x) is float for x in node) else [self.decode(x, depth + 1) for x in node]
        if kind is not dict or len(node) != 1:
            raise MalformedError("an object that is no tagged value")
        ((tag, body),) = node.items()
        decoder = {"t": self.tuple, "d": self.dict, "c": self.complex, "b": self.bytes}.get(tag)
        if decoder:
            return decoder(body, depth + 1)
        if tag == "s":
            return self.scalar(body)
        if tag == "a":
            return self.array(body)
        if tag == "T":
            return self.tensor(body)
        raise MalformedError("an object with an unknown tag")

    def tuple(self, body: Any, depth: int) -> Any:
        return tuple(self.decode(x, depth) for x in expect_list(body))

    def dict(self, body: Any, depth: int) -> Any:
        found: dict[Any, Any] = {}
        for pair in expect_list(body):
            key, value = expect_list(pair, 2)
            if type(key) not in (str, int) or (type(key) is int and abs(key) > LARGEST_KEY):
                raise MalformedError("a dict key that is neither str nor a small int")
            found[text(key) if type(key) is str else key] = self.decode(value, depth)
        return found

    def complex(self, body: Any, _: int) -> Any:
        real, imag = expect_list(body, 2)
        if type(real) is not float or type(imag) is not float:
            raise MalformedError("a complex number of something else than floats")
        return complex(real, imag)

    def bytes(self, body: Any, _: int) -> Any:
        return from_hex(body)

    def scalar(self, body: Any) -> Any:
        name, raw = expect_list(body, 2)
        dtype, data = lookup(DTYPES, name), from_hex(raw)
        if len(data) != dtype.itemsize or (name == "bool" and data not in (b"\0", b"\1")):
            raise MalformedError("a scalar of the wrong size")
        return np.frombuffer(data, dtype)[0]

    def array(self, body: Any) -> Any:
        name, shape, order = expect_list(body, 3)
        if order not in ("C", "F"):
            raise MalformedError("an array in an unknown order")
        shape = tuple(expect_list(shape))
        array = self.fill(lookup(DTYPES, name), shape if order == "C" else shape[::-1])
        return array if order == "C" else array.T

    def tensor(self, body: Any) -> Any:
        name, shape = expect_list(body, 2)
        array = self.fill(lookup(TENSORS, name), tuple(expect_list(shape)))
        import torch

        tensor = torch.from_numpy(array)
        return tensor.view(torch.bfloat16) if name == "bfloat16" else tensor

    def fill(self, dtype: np.dtype, shape: tuple[Any, ...]) -> np.ndarray:
        """A new array, after its size is known to fit into the payload."""
        self.arrays += 1
        if self.arrays > MAX_ARRAYS or len(shape) > MAX_NDIM:
            raise MalformedError("too many arrays or dimensions")
        if not all(type(n) is int and 0 <= n < 2**48 for n in shape):
            raise MalformedError("a shape that is not made of sizes")
        size = math.prod(shape) * dtype.itemsize
        # NumPy multiplies the sizes that are not zero: they must fit too.
        if math.prod(n or 1 for n in shape) >= 2**59 or self.offset + size > self.payload_bytes:
            raise MalformedError("an array larger than the payload")
        array = self.empty(shape, dtype, size)
        if size:
            self.read(array, self.offset)
        if dtype == np.bool_ and size and array.view(np.uint8).max() > 1:
            raise MalformedError("a boolean that is neither 0 nor 1")
        self.offset += aligned(size)
        return array


def expect_list(node: Any, length: int | None = None) -> list[Any]:
    if type(node) is not list or (length is not None and len(node) != length):
        raise MalformedError("expected a list")
    return node


def lookup(table: dict[str, np.dtype], name: Any) -> np.dtype:
    if type(name) is not str or name not in table:
        raise MalformedError("an unknown dtype")
    return table[name]


def from_hex(body: Any) -> bytes:
    if type(body) is not str:
        raise MalformedError("expected hexadecimal digits")
    try:
        return bytes.fromhex(body)
    except ValueError:
        raise MalformedError("expected hexadecimal digits") from None


def text(node: str) -> str:
    """A str that can be written as UTF-8 (JSON can smuggle lone surrogates)."""
    if not node.isascii():
        try:
            node.encode()
        except UnicodeEncodeError:
            raise MalformedError("a str that is not valid Unicode") from None
    return node

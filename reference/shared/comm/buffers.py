"""Buffers of messages: their dtype and shape, flat views of their data, and copies where a view is not possible."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.shared.comm.communicator import Buffer

BYTES = {"float32": 4, "float64": 8, "float16": 2, "bfloat16": 2, "int64": 8}
OPS = ("sum", "max", "min", "avg")


def is_tensor(value: Any) -> bool:
    """Say if `value` is a torch tensor; imports nothing."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


@dataclass(frozen=True)
class BufferForm:
    """The dtype and shape of a buffer, as each backend names them."""

    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"

    @property
    def numel(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The bytes that a message with this buffer carries."""
        return math.prod(self.shape) * BYTES[self.dtype]


def form(buffer: Buffer) -> BufferForm:
    """The dtype and shape of a buffer. Raises ValueError for another type or dtype."""
    if isinstance(buffer, np.ndarray):
        dtype = buffer.dtype.name
    elif is_tensor(buffer):
        dtype = str(buffer.dtype).removeprefix("torch.")
    else:
        raise ValueError(
            f"expected a NumPy array or a torch tensor, got {type(buffer).__name__}\n"
            "  try: numpy.array([value]) for a single number"
        )
    if dtype not in BYTES:
        raise ValueError(f"expected one of the dtypes {', '.join(BYTES)}, got {dtype}")
    return BufferForm(dtype, tuple(buffer.shape))


def flat(buffer: Buffer) -> tuple[Buffer, bool]:
    """The elements of `buffer`, contiguous in one dimension, and True if this is a view of its memory, not a copy."""
    if isinstance(buffer, np.ndarray):
        return np.ascontiguousarray(buffer).reshape(-1), buffer.flags.c_contiguous
    tensor = buffer.detach()
    return tensor.contiguous().reshape(-1), tensor.is_contiguous()


def put(buffer: Buffer, values: Buffer) -> None:
    """Copy flat `values` of the same kind into `buffer`, of any strides."""
    if isinstance(buffer, np.ndarray):
        buffer[...] = values.reshape(buffer.shape)
    else:
        tensor: Any = values
        buffer.detach().copy_(tensor.reshape(buffer.shape))


def check_writable(buffer: Buffer) -> None:
    """Raise ValueError for an array that cannot receive."""
    if isinstance(buffer, np.ndarray) and not buffer.flags.writeable:
        raise ValueError("expected an array that can be written, got a read-only one\n  try: array.copy()")


def check_peer(name: str, peer: int, size: int) -> None:
    """Raise ValueError for a rank outside of 0 to size - 1."""
    if isinstance(peer, bool) or not isinstance(peer, (int, np.integer)) or not 0 <= peer < size:
        raise ValueError(f"expected {name} to be a rank from 0 to {size - 1}, got {peer!r}")


def check_message(name: str, peer: int, tag: int, rank: int, size: int) -> None:
    """Raise ValueError for a peer or tag that is not possible."""
    check_peer(name, peer, size)
    if peer == rank:
        raise ValueError(
            f"expected {name} to be another rank, got {peer}, this rank itself\n  try: copy the data"
        )
    if isinstance(tag, bool) or not isinstance(tag, (int, np.integer)) or not 0 <= tag < 1 << 20:
        raise ValueError(f"expected a tag from 0 to {(1 << 20) - 1}, got {tag!r}")


def check_op(op: str, dtype: str) -> None:
    """Raise ValueError for an operation that is not possible for the dtype."""
    if op not in OPS:
        raise ValueError(f"expected op to be one of {', '.join(OPS)}, got {op!r}")
    if op == "avg" and dtype == "int64":
        raise ValueError("expected a floating dtype for op='avg', got int64\n  try: op='sum', then divide")


def check_rows(name: str, large: Buffer, small: Buffer, size: int) -> tuple[BufferForm, BufferForm]:
    """Raise ValueError unless `large` has the rows of `size` buffers like `small`; returns both forms."""
    big, part = form(large), form(small)
    if not part.shape or not big.shape or big.shape != (size * part.shape[0], *part.shape[1:]):
        shape = (size * part.shape[0], *part.shape[1:]) if part.shape else "rows, not a single number"
        raise ValueError(f"expected {name} of shape {shape} for {size} ranks and parts {part}, got {big}")
    check_same("dtype", big.dtype, part.dtype)
    return big, part


def check_parts(out: Sequence[Buffer], parts: Sequence[Buffer], rank: int, size: int) -> None:
    """Raise ValueError unless both have one buffer of one dtype for each rank."""
    if len(out) != size or len(parts) != size:
        raise ValueError(f"expected {size} buffers in out and in parts, got {len(out)} and {len(parts)}")
    forms = [form(each) for each in (*out, *parts)]
    for each in forms:
        check_same("dtype", each.dtype, forms[0].dtype)
    for each in out:
        check_writable(each)
    if forms[rank].shape != forms[size + rank].shape:
        raise ValueError(
            f"expected out[{rank}] and parts[{rank}] of one shape, because both are this rank's own, "
            f"got {forms[rank]} and {forms[size + rank]}"
        )


def check_same(name: str, one: Any, other: Any) -> None:
    """Raise ValueError unless both are equal."""
    if one != other:
        raise ValueError(f"expected one {name} for all buffers of the call, got {one} and {other}")


class Pending:
    """A Request: waits for a backend's handle once, then runs `finish`, which puts results in their place."""

    def __init__(
        self, wait: Callable[[], Any] | None = None, finish: Callable[[], None] | None = None
    ) -> None:
        self._steps = [step for step in (wait, finish) if step is not None]

    def wait(self) -> None:
        """Block until the operation is complete. A second call returns at once."""
        steps, self._steps = self._steps, []
        for step in steps:
            step()


def settle(request: Pending, wait: bool) -> Pending:
    """The request, complete if `wait`."""
    if wait:
        request.wait()
    return request

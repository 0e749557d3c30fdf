"""Pieces of a vector, an exchange of messages, and the operand checks of every collective. This file is given."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from reference.shared.comm.communicator import Buffer, Communicator, Op

OPS = ("sum", "max", "min", "avg")


def pieces(n: int, parts: int) -> list[slice]:
    """`parts` slices that cut n elements in order; their lengths differ by at most 1, and the longer come first.

    With fewer elements than parts, the last slices are empty. Raises ValueError for n < 0 or parts < 1.
    """
    if n < 0 or parts < 1:
        raise ValueError(f"expected n >= 0 and parts >= 1, got n={n} and parts={parts}")
    length, longer = divmod(n, parts)
    starts = [part * length + min(part, longer) for part in range(parts + 1)]
    return [slice(start, stop) for start, stop in pairwise(starts)]


def exchange(comm: Communicator, data: Buffer, to: int, into: Buffer, source: int) -> None:
    """Send `data` to one rank, and receive `into` from one rank, at the same time.

    A rank that sends first and receives afterwards may wait forever: `send` may return only when the other side
    receives, and the other side may send first as well. So start to send, receive, and then wait for the send.

    Cost: one message out and one in, also when they have no elements.
    """
    sent = comm.isend(data, to)
    comm.recv(into, source)
    sent.wait()


def combine(op: Op, into: Buffer, other: Buffer) -> None:
    """Combine `other` into `into`, element by element. "avg" adds here; `finish` divides, once, at the end."""
    if op in ("sum", "avg"):
        into += other
        return
    if isinstance(into, np.ndarray):
        (np.maximum if op == "max" else np.minimum)(into, other, out=into)
        return
    import torch  # takes seconds to import, and the tensor shows that it is imported already

    (torch.maximum if op == "max" else torch.minimum)(into, other, out=into)  # type: ignore[arg-type]


def finish(op: Op, data: Buffer, size: int) -> None:
    """Divide a sum of `size` ranks by their number, in place, if the op is "avg"."""
    if op == "avg":
        data /= size


def empty(n: int, like: Buffer) -> Buffer:
    """A new buffer of n elements with the dtype of `like`, on the same device, with any values."""
    return np.empty(n, like.dtype) if isinstance(like, np.ndarray) else like.new_empty(n)


def copy_of(x: Buffer) -> Buffer:
    """A new contiguous buffer with the shape, dtype and values of `x`."""
    return np.array(x, order="C") if isinstance(x, np.ndarray) else x.detach().clone().contiguous()


def copy_to(into: Any, data: Any) -> None:
    """Copy the values of `data` into `into`, a buffer of the same shape, with or without gaps."""
    into[...] = data


def start(x: Buffer, op: Op, out: Buffer | None) -> tuple[Buffer, Buffer]:
    """Check the operands of a collective, and copy `x` to where the result goes.

    Returns (data, out). `data` holds the values of `x` in one dimension, without gaps; a collective works there, in
    place. `out` is the buffer that the caller gets: a new one if `out` is None. `deliver(data, out)` ends the call.

    Raises:
        TypeError: `x` is not an array or a tensor, or `out` is of another kind or dtype.
        ValueError: an unknown op, "avg" of integers, or `out` of another shape.
    """
    check_op(op, x)
    if out is None:
        out = copy_of(x)
        return flat(out), out
    if type(out) is not type(x) or out.dtype != x.dtype:
        raise TypeError(f"expected out to be like x, {_kind(x)}; got {_kind(out)}")
    if out.shape != x.shape:
        raise ValueError(f"expected out to have the shape of x, {tuple(x.shape)}; got {tuple(out.shape)}")
    if out is not x:
        copy_to(out, x)
    return flat(out), out


def deliver(data: Buffer, out: Buffer) -> Buffer:
    """Put the result in `out` if `data` does not share its memory, which is so if `out` has gaps; returns `out`."""
    if not contiguous(out):
        copy_to(out, data.reshape(out.shape))
    return out


def flat(x: Any) -> Any:
    """`x` in one dimension: the same memory if it has no gaps, and a copy otherwise."""
    return x.reshape(-1)


def contiguous(x: Any) -> bool:
    """True if the elements of `x` are in memory one after the other, in the order of its indices."""
    return bool(x.flags.c_contiguous) if isinstance(x, np.ndarray) else bool(x.is_contiguous())


def check_op(op: Any, x: Any) -> None:
    """Raise TypeError if `x` is no buffer, and ValueError for an unknown op or for "avg" of integers."""
    if not isinstance(x, np.ndarray) and not hasattr(x, "new_empty"):
        raise TypeError(f"expected a NumPy array or a torch tensor, got {type(x).__name__}")
    if op not in OPS:
        raise ValueError(f"expected op to be one of {', '.join(OPS)}; got {op!r}")
    if op == "avg" and "int" in str(x.dtype):
        raise ValueError(f"expected floating-point numbers for avg, got {x.dtype}; use sum, and divide")


def check_root(root: Any, size: int) -> None:
    """Raise ValueError if `root` is not one of `size` ranks."""
    if isinstance(root, bool) or not isinstance(root, int) or not 0 <= root < size:
        raise ValueError(f"expected root to be a rank from 0 to {size - 1}, got {root!r}")


def _kind(x: Any) -> str:
    return f"{type(x).__name__} of {getattr(x, 'dtype', 'no dtype')}"

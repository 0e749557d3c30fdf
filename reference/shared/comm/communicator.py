"""The interface of every communicator. Algorithms get one as an argument; it is never global."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, Union

import numpy as np

if TYPE_CHECKING:
    import torch  # takes seconds to import; ranks that use only NumPy and MPI must not pay for it

Buffer: TypeAlias = Union[np.ndarray, "torch.Tensor"]
Op: TypeAlias = Literal["sum", "max", "min", "avg"]


class Request(Protocol):
    """A message or a collective under way. Its buffers must not change before `wait` returns."""

    def wait(self) -> None:
        """Block until the data is sent or has arrived."""
        ...


class Communicator(Protocol):
    """`size` processes (ranks) that exchange messages; this process is number `rank`.

    Data is a NumPy array or a torch tensor on the CPU or a GPU, contiguous or not, of float32, float64, bfloat16,
    float16 or int64, of any length including 0. Functions that receive write into the buffer that they are given.
    Messages from one rank to another with the same tag arrive in the order in which they were sent.

    `send` may return before the message is received, or only then. Code that is right must work in both cases: two
    ranks that both send first and receive afterwards may wait forever.

    Collectives: all ranks call the same ones in the same order, with the same op, shape and dtype. `wait=False`
    returns at once; the caller waits for the Request before it touches the buffers.

    Every method raises ValueError for a rank, root, tag, op, dtype or shape that is not possible, before it sends, and
    TimeoutError when a peer does not answer within the time limit of the communicator.
    """

    @property
    def rank(self) -> int:
        """The number of this process: 0 to size - 1."""
        ...

    @property
    def size(self) -> int:
        """The number of processes."""
        ...

    def send(self, data: Buffer, to: int, tag: int = 0) -> None:
        """Send `data` to rank `to`, and block until the buffer may be used again."""
        ...

    def recv(self, into: Buffer, source: int, tag: int = 0) -> None:
        """Block until the message of rank `source` is in `into`, which has the shape and dtype of the message."""
        ...

    def isend(self, data: Buffer, to: int, tag: int = 0) -> Request:
        """Start to send `data` to rank `to`."""
        ...

    def irecv(self, into: Buffer, source: int, tag: int = 0) -> Request:
        """Start to receive the message of rank `source` into `into`."""
        ...

    def broadcast(self, data: Buffer, root: int = 0, *, wait: bool = True) -> Request:
        """Copy `data` of rank `root` into `data` of every other rank."""
        ...

    def reduce(self, data: Buffer, op: Op = "sum", root: int = 0, *, wait: bool = True) -> Request:
        """Combine `data` of all ranks into `data` of rank `root`; the buffers of other ranks keep their values."""
        ...

    def all_reduce(self, data: Buffer, op: Op = "sum", *, wait: bool = True) -> Request:
        """Combine `data` of all ranks into `data` of every rank."""
        ...

    def reduce_scatter(self, out: Buffer, data: Buffer, op: Op = "sum", *, wait: bool = True) -> Request:
        """Combine `data` of all ranks; rank r gets part r of the result in `out`.

        data has size * len(out) rows, in the order of the ranks.
        """
        ...

    def all_gather(self, out: Buffer, data: Buffer, *, wait: bool = True) -> Request:
        """Put `data` of all ranks into `out` of every rank, in the order of the ranks: size * len(data) rows."""
        ...

    def all_to_all(self, out: Sequence[Buffer], parts: Sequence[Buffer], *, wait: bool = True) -> Request:
        """Send parts[r] to rank r, and receive the part of rank r into out[r]. Parts may differ in length, also 0."""
        ...

    def barrier(self) -> None:
        """Block until all ranks have called it."""
        ...

    def split(self, color: int, key: int = 0) -> Communicator:
        """A communicator of the ranks that gave the same color, ordered by key and then by rank. A collective."""
        ...

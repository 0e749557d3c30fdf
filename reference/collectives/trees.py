"""Broadcast and reduce along a binomial tree: every rank that has the data passes it on.

Bound by: latency. Each of the ceil(log2 p) rounds sends the whole vector, so long vectors want the pieces of `ring`.

Source: R. Thakur, R. Rabenseifner and W. Gropp, "Optimization of collective communication operations in MPICH",
IJHPCA 19(1), 2005, sections 4.2 and 4.3.
"""

from __future__ import annotations

from reference.collectives.messages import check_op, check_root, combine, deliver, empty, finish, flat, start
from reference.shared.comm.communicator import Buffer, Communicator, Op


def broadcast_tree(comm: Communicator, x: Buffer, root: int = 0) -> Buffer:
    """Copy `x` of rank `root` into `x` of every other rank; returns `x`.

    x: a buffer of any shape and length, also 0, with the same shape and dtype on every rank.

    Cost: p - 1 messages of all of `x` in total. The data reaches the last rank after ceil(log2 p) messages in a row,
    and no rank sends more than ceil(log2 p).

    Raises:
        TypeError: `x` is not an array or a tensor.
        ValueError: `root` is not a rank.
    """
    check_op("sum", x)
    check_root(root, comm.size)
    data = flat(x)
    _broadcast(comm, data, root)
    return deliver(data, x)


def _broadcast(comm: Communicator, data: Buffer, root: int) -> None:
    """Fill `data`, which has one dimension, with `data` of rank `root`.

    Count the ranks from the root: place = (rank - root) % size. In the first round place 0 sends to the place that is
    the highest power of two below size. Every round halves that distance, and every place that has the data sends it
    on. So a place receives over the distance that is its lowest set bit, and then sends over all shorter distances.
    """
    place = (comm.rank - root) % comm.size
    distance = 1
    while distance < comm.size and not place & distance:
        distance *= 2
    if place:
        comm.recv(data, (comm.rank - distance) % comm.size)
    while distance > 1:
        distance //= 2
        if place + distance < comm.size:
            comm.send(data, (comm.rank + distance) % comm.size)


def reduce_tree(comm: Communicator, x: Buffer, op: Op = "sum", root: int = 0) -> Buffer | None:
    """Combine `x` of all ranks; rank `root` gets a new buffer with the result, and the other ranks get None.

    x: a buffer of any shape and length, also 0, with the same shape and dtype on every rank. It does not change.

    Cost: p - 1 messages of all of `x` in total; ceil(log2 p) of them in a row. No rank receives more than
    ceil(log2 p).

    Raises:
        TypeError: `x` is not an array or a tensor.
        ValueError: `root` is not a rank, an unknown op, or "avg" of integers.
    """
    check_root(root, comm.size)
    data, out = start(x, op, None)
    _reduce(comm, data, op, root)
    if comm.rank != root:
        return None
    finish(op, data, comm.size)
    return deliver(data, out)


def _reduce(comm: Communicator, data: Buffer, op: Op, root: int) -> None:
    """Combine `data`, which has one dimension, of all ranks into `data` of rank `root`; the rest may end as it likes.

    The broadcast backwards: a place receives over the distances 1, 2, 4, ... and combines what arrives into `data`,
    until it comes to its lowest set bit. Over that distance it sends `data`, and it is done.
    """
    place = (comm.rank - root) % comm.size
    arrived = empty(len(data), data)
    distance = 1
    while distance < comm.size:
        if place & distance:
            comm.send(data, (comm.rank - distance) % comm.size)
            return
        if place + distance < comm.size:
            comm.recv(arrived, (comm.rank + distance) % comm.size)
            combine(op, data, arrived)
        distance *= 2

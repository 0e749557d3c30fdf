"""Rabenseifner's all-reduce: halve the vector in every round, then put it together again in reverse.

Bound by: bandwidth. It sends as few bytes as the ring, in 2 log2 p messages instead of 2 (p - 1).

Source: R. Rabenseifner, "Optimization of collective reduction operations", ICCS 2004, section 4.
"""

from __future__ import annotations

from reference.collectives.messages import combine, deliver, empty, exchange, finish, pieces, start
from reference.shared.comm.communicator import Buffer, Communicator, Op


def rabenseifner(comm: Communicator, x: Buffer, op: Op = "sum", out: Buffer | None = None) -> Buffer:
    """Combine `x` of all ranks, and give the result to every rank.

    x: a buffer of any shape and length, also 0, with the same shape and dtype on every rank.
    out: where the result goes, a buffer like `x`. It may be `x` itself. None makes a new one, and `x` does not change.
    Returns `out`. All ranks get the same bits.

    Cost: with q the highest power of two up to p, 2 log2 q messages a rank, with 2 (q - 1)/q of the bytes of `x` in
    total. If p is no power of two there are two more in a row, of all of `x`: one before, and one after.

    Raises:
        TypeError: `x` is not an array or a tensor, or `out` is of another kind or dtype.
        ValueError: an unknown op, "avg" of integers, or `out` of another shape.
    """
    data, out = start(x, op, out)
    _halve_and_double(comm, data, op)
    return deliver(data, out)


def _halve_and_double(comm: Communicator, data: Buffer, op: Op) -> None:
    """Combine `data`, which has one dimension, of all ranks, in place.

    Let q be the highest power of two up to p. Ranks q and above first send `data` to rank - q, which combines it, and
    receive the result from there at the end. In between, ranks 0 to q - 1 cut `data` into q pieces.

    Halving: a rank is responsible for q pieces at first. Over the distances q / 2, ..., 2, 1 it keeps the half of its
    pieces that holds piece `rank`, sends the other half to rank ^ distance, and combines the half that arrives. At
    the end it has piece `rank` of the result, and divides it for "avg" (`finish`).
    Doubling: over 1, 2, ..., q / 2 it sends all the pieces that it has to rank ^ distance, and receives as many.
    """
    most = 1 << (comm.size.bit_length() - 1)  # q
    if comm.rank >= most:
        comm.send(data, comm.rank - most)
        comm.recv(data, comm.rank - most)
        return
    arrived = empty(len(data), data)
    helped = comm.rank + most < comm.size
    if helped:
        comm.recv(arrived, comm.rank + most)
        combine(op, data, arrived)
    distance = most // 2
    while distance:
        kept, gone = _span(data, comm.rank, distance, most), _span(data, comm.rank ^ distance, distance, most)
        exchange(comm, gone, comm.rank ^ distance, arrived[: len(kept)], comm.rank ^ distance)
        combine(op, kept, arrived[: len(kept)])
        distance //= 2
    finish(op, _span(data, comm.rank, 1, most), comm.size)
    distance = 1
    while distance < most:
        mine, theirs = (
            _span(data, comm.rank, distance, most),
            _span(data, comm.rank ^ distance, distance, most),
        )
        exchange(comm, mine, comm.rank ^ distance, theirs, comm.rank ^ distance)
        distance *= 2
    if helped:
        comm.send(data, comm.rank + most)


def _span(data: Buffer, rank: int, count: int, parts: int) -> Buffer:
    """The `count` neighbouring pieces of `data` that hold piece `rank`, when `parts` pieces make blocks of `count`."""
    cut = pieces(len(data), parts)
    first = rank // count * count
    return data[cut[first].start : cut[first + count - 1].stop]

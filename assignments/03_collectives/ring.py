"""The ring: every rank sends to the next and receives from the one before, one piece of the vector at a time.

Bound by: bandwidth for long vectors, where it sends the fewest bytes that an all-reduce can; by latency for short
ones, because it takes 2 (p - 1) messages in a row.

Source: P. Patarasuk and X. Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations", JPDC 69(2),
2009, sections 3 and 4.
"""

from __future__ import annotations

from messages import (
    check_op,
    combine,
    copy_of,
    deliver,
    empty,
    exchange,
    finish,
    flat,
    pieces,
    start,
)
from reference.shared.comm.communicator import Buffer, Communicator, Op


def ring_reduce_scatter(comm: Communicator, x: Buffer, op: Op = "sum") -> Buffer:
    """Combine `x` of all ranks; rank r gets piece r of the result, in one dimension.

    x: a buffer of n elements with the same shape and dtype on every rank. It does not change. Piece r is
    `pieces(n, size)[r]` of its elements in order: pieces may differ in length by 1, and are empty if n < size.

    Cost: p - 1 messages a rank, with (p - 1)/p of the bytes of `x` in total. An empty piece is a message too.

    Raises:
        TypeError: `x` is not an array or a tensor.
        ValueError: an unknown op, or "avg" of integers.
    """
    data, _ = start(x, op, None)
    _reduce_scatter(comm, data, op)
    mine = copy_of(data[pieces(len(data), comm.size)[comm.rank]])  # a view would keep the whole vector alive
    finish(op, mine, comm.size)
    return mine


def _reduce_scatter(comm: Communicator, data: Buffer, op: Op) -> None:
    """Leave the combined piece r of `data`, which has one dimension, in its place on rank r; the rest is scratch.

    In step s (0 to p - 2) rank r sends piece r - s - 1 to rank r + 1, receives piece r - s - 2 from rank r - 1, and
    combines it into its own. So each piece starts one rank after the rank that keeps it, and visits every rank once.
    """
    raise NotImplementedError(
        "03.3 ring_reduce_scatter: Leave the combined piece r of `data`, which has one dimension, in its "
        "place on rank r; the rest is scratch."
    )


def ring_all_gather(comm: Communicator, piece: Buffer, n: int) -> Buffer:
    """Put the pieces of all ranks together, on every rank: a new buffer of n elements in one dimension.

    piece: piece r of n elements, as `pieces(n, size)` cuts them; its dtype is the same on every rank.

    Cost: p - 1 messages a rank, with (p - 1)/p of the bytes of the result in total. An empty piece is a message too.

    Raises:
        TypeError: `piece` is not an array or a tensor.
        ValueError: `piece` is not as long as piece r of n elements.
    """
    check_op("sum", piece)
    mine = pieces(n, comm.size)[comm.rank]
    length = mine.stop - mine.start
    if len(flat(piece)) != length:
        raise ValueError(f"expected piece {comm.rank} of {n}: {length} elements; got {len(flat(piece))}")
    data = empty(n, piece)
    data[mine] = flat(piece)
    _all_gather(comm, data)
    return data


def _all_gather(comm: Communicator, data: Buffer) -> None:
    """Fill `data`, which has one dimension, with piece r of rank r; so far rank r has only piece r.

    In step s (0 to p - 2) rank r sends piece r - s to rank r + 1, and receives piece r - s - 1 from rank r - 1,
    right into its place.
    """
    raise NotImplementedError(
        "03.4 ring_all_gather: Fill `data`, which has one dimension, with piece r of rank r; so far rank r "
        "has only piece r."
    )


def ring_all_reduce(comm: Communicator, x: Buffer, op: Op = "sum", out: Buffer | None = None) -> Buffer:
    """Combine `x` of all ranks, and give the result to every rank.

    x: a buffer of any shape and length, also 0, with the same shape and dtype on every rank.
    out: where the result goes, a buffer like `x`. It may be `x` itself. None makes a new one, and `x` does not change.
    Returns `out`. All ranks get the same bits.

    Cost: 2 (p - 1) messages a rank, with 2 (p - 1)/p of the bytes of `x` in total. No all-reduce sends fewer
    (Patarasuk and Yuan, section 3).

    Raises:
        TypeError: `x` is not an array or a tensor, or `out` is of another kind or dtype.
        ValueError: an unknown op, "avg" of integers, or `out` of another shape.
    """
    data, out = start(x, op, out)
    _all_reduce(comm, data, op)
    return deliver(data, out)


def _all_reduce(comm: Communicator, data: Buffer, op: Op) -> None:
    """Combine `data`, which has one dimension, of all ranks, in place: a reduce-scatter, then an all-gather.

    For "avg", `finish` divides piece r on rank r in between: one division for each element.
    """
    raise NotImplementedError(
        "03.5 ring_all_reduce: Combine `data`, which has one dimension, of all ranks, in place: a reduce-"
        "scatter, then an all-gather."
    )

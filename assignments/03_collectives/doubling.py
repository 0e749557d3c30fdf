"""Recursive doubling: in every round the ranks exchange whole vectors over twice the distance.

Bound by: bandwidth for long vectors, because every round sends all bytes. For short ones it is the fastest: after
log2 p messages in a row every rank has everything.

Source: R. Thakur, R. Rabenseifner and W. Gropp, "Optimization of collective communication operations in MPICH",
IJHPCA 19(1), 2005, sections 4.1 and 4.5.
"""

from __future__ import annotations

from messages import combine, deliver, empty, exchange, finish, start
from reference.shared.comm.communicator import Buffer, Communicator, Op


def recursive_doubling(comm: Communicator, x: Buffer, op: Op = "sum", out: Buffer | None = None) -> Buffer:
    """Combine `x` of all ranks, and give the result to every rank.

    x: a buffer of any shape and length, also 0, with the same shape and dtype on every rank.
    out: where the result goes, a buffer like `x`. It may be `x` itself. None makes a new one, and `x` does not change.
    Returns `out`. All ranks get the same bits.

    Cost: with q the highest power of two up to p, log2 q messages a rank, with all bytes of `x` each. If p is no power
    of two there are two more in a row: one before, and one after.

    Raises:
        TypeError: `x` is not an array or a tensor, or `out` is of another kind or dtype.
        ValueError: an unknown op, "avg" of integers, or `out` of another shape.
    """
    data, out = start(x, op, out)
    _double(comm, data, op)
    finish(op, data, comm.size)
    return deliver(data, out)


def _double(comm: Communicator, data: Buffer, op: Op) -> None:
    """Combine `data`, which has one dimension, of all ranks, in place; "avg" only adds here.

    Let q be the highest power of two up to p. Ranks q and above first send `data` to rank - q, which combines it, and
    receive the result from there at the end. In between ranks 0 to q - 1 exchange `data` with rank ^ distance and
    combine, for the distances 1, 2, 4, ..., q / 2.
    """
    raise NotImplementedError(
        "03.8 recursive_doubling: Combine `data`, which has one dimension, of all ranks, in place; \"avg\" "
        "only adds here."
    )

"""All-to-all: every rank has one part for every other rank.

Bound by: bandwidth. Every byte is for one rank only, so nothing can be combined or shared on the way.

Source: R. Thakur, R. Rabenseifner and W. Gropp, "Optimization of collective communication operations in MPICH",
IJHPCA 19(1), 2005, section 4.4 (long messages).
"""

from __future__ import annotations

from collections.abc import Sequence

from reference.collectives.messages import check_op, copy_to, exchange
from reference.shared.comm.communicator import Buffer, Communicator


def pairwise_all_to_all(comm: Communicator, out: Sequence[Buffer], parts: Sequence[Buffer]) -> None:
    """Send parts[r] to rank r, and receive the part of rank r into out[r]; out[rank] gets parts[rank].

    out, parts: `size` contiguous buffers each. They may differ in length, also 0: out[r] on rank s is as long as
    parts[s] on rank r. `parts` do not change.

    Cost: p - 1 messages a rank, each part once. An empty part is a message too. In every step each rank sends to one
    rank and receives from one, so no rank is a bottleneck.

    Raises:
        TypeError: a part is not an array or a tensor.
        ValueError: `out` or `parts` is not `size` buffers, or out[rank] and parts[rank] differ in shape.
    """
    for name, buffers in (("out", out), ("parts", parts)):
        if len(buffers) != comm.size:
            raise ValueError(
                f"expected {name} to be {comm.size} buffers, one for each rank; got {len(buffers)}"
            )
        for buffer in buffers:
            check_op("sum", buffer)
    mine, own = out[comm.rank], parts[comm.rank]
    if mine.shape != own.shape:
        raise ValueError(
            f"expected out[{comm.rank}] to have the shape {tuple(own.shape)}; got {tuple(mine.shape)}"
        )
    _all_to_all(comm, out, parts)


def _all_to_all(comm: Communicator, out: Sequence[Buffer], parts: Sequence[Buffer]) -> None:
    """Copy the own part, and then exchange in p - 1 steps; the operands are checked already.

    In step s (1 to p - 1) rank r sends to rank r + s and receives from rank r - s.
    """
    copy_to(out[comm.rank], parts[comm.rank])
    for step in range(1, comm.size):
        to, source = (comm.rank + step) % comm.size, (comm.rank - step) % comm.size
        exchange(comm, parts[to], to, out[source], source)

"""An all-reduce for a rank that is late: the others work while they wait.

The ranks that are on time reduce and scatter their vectors before the late rank arrives. Then each round exchanges one
piece with it, while the other ranks pass on the pieces that are complete.

Bound by: bandwidth. After the late rank arrives, each rank still receives p - 1 pieces of p - 1, half of the ring's
bytes.

Source: A. Devraj, E. Ding, A. Vijaya Kumar, R. Kleinberg and R. Singh, "Accelerating AllReduce with a persistent
straggler", arXiv 2505.23523, section 4.
"""

from __future__ import annotations

from typing import NamedTuple


class Transfer(NamedTuple):
    """One piece that goes from one rank to another."""

    source: int
    target: int
    piece: int  # of p - 1
    add: bool  # True: the target adds it to its own piece; False: the piece is complete and replaces the target's


def straggler_schedule(p: int) -> list[list[Transfer]]:
    """The rounds of an all-reduce on p ranks, from the moment at which rank p - 1, the straggler, arrives.

    Before, ranks 0 to p - 2 have reduced and scattered their vectors: rank r has the sum of piece r of p - 1 pieces.
    In a round each rank sends at most one piece and receives at most one. All transfers of a round happen at the same
    time: a rank sends what it had before the round. At the end every rank has all complete pieces.

    p: 2, 4, 8, 16, ...

    Cost: p - 2 + log2 p rounds.

    Raises:
        ValueError: another p.
    """
    if isinstance(p, bool) or not isinstance(p, int) or p < 2 or p & (p - 1):
        raise ValueError(f"expected 2, 4, 8, 16, ... ranks, got {p!r}")
    return _rounds(p)


def _rounds(p: int) -> list[list[Transfer]]:
    """The schedule; p is checked already.

    Round t (0 to p - 2) completes piece t: rank t and the straggler exchange and add their parts of it. From then on
    the number of ranks that have the piece doubles in every round. After log2 p rounds all ranks have it.

    Let holders[j] be the ranks that have piece t - 1 - j and pass it on: 2^j ranks, for j = 0 to log2 p - 1. Every rank
    that is on time is in exactly one of these lists, because 1 + 2 + ... + p/2 = p - 1. The last list is as long as all
    others together and one more, and its piece is missing only on the ranks of the other lists. So the ranks of the
    last list, without rank t, and those of the others pair up and exchange pieces.

    Rank t must therefore be in the last list in round t. A rank of the last list that is paired with a rank of list j
    joins it in list j + 1, and comes back to the last list after log2 p - 1 - j rounds. So pair the ranks whose turn
    comes soonest with the highest lists.

    After round p - 2 the straggler is free. It joins the ranks that pass on the last piece.
    """
    late, levels = p - 1, p.bit_length() - 1
    # Before round 0 no piece is complete. Let the ranks whose turn comes first be in the last list.
    holders = [list(range(late - (2 << j) + 1, late - (1 << j) + 1)) for j in range(levels)]
    rounds = []
    for turn in range(p - 2 + levels):
        transfers = []
        last = holders.pop()
        if turn < late:
            transfers += [Transfer(turn, late, turn, True), Transfer(late, turn, turn, True)]
            last.remove(turn)
            last.sort(key=lambda rank: (rank < turn, rank))  # soonest turn first; turns that are over, last
        elif turn == late:
            holders[0].append(late)
        grown = []
        for j in reversed(range(len(holders))):
            helpers, last = last[: len(holders[j])], last[len(holders[j]) :]
            for rank, helper in zip(holders[j], helpers, strict=True):
                if turn - 1 - j >= 0:
                    transfers.append(Transfer(rank, helper, turn - 1 - j, False))
                if turn - levels >= 0 and rank != late:  # the straggler has all pieces already
                    transfers.append(Transfer(helper, rank, turn - levels, False))
            grown.insert(0, holders[j] + helpers)
        holders = [[turn] if turn < late else [], *grown]
        rounds.append(transfers)
    return rounds

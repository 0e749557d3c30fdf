"""Prove with sets, not with numbers, that a schedule is an all-reduce. This file is given.

Numbers can be right by chance, and a test tries only some of them. Here each piece on each rank is the set of the ranks
whose values are in it. A sum of two pieces is right only if no rank is in both sets.
"""

from __future__ import annotations

from collections.abc import Sequence


def check_schedule(rounds: Sequence[Sequence[tuple[int, int, int, bool]]], p: int) -> None:
    """Return if `rounds` is an all-reduce on p ranks with rank p - 1 late.

    rounds: lists of transfers, each (source, target, piece, add).

    Start: rank r (0 to p - 2) has piece r of p - 1 with the values of ranks 0 to p - 2. Rank p - 1 has its own values
    in every piece. The other pieces of ranks 0 to p - 2 are used up.

    Cost: O(p) set operations for each round.

    Raises:
        ValueError: the first round and transfer that is not possible, or the first piece that is wrong at the end.
    """
    late, everyone = p - 1, frozenset(range(p))
    used: frozenset[int] = frozenset()
    held = [[everyone - {late} if piece == rank else used for piece in range(late)] for rank in range(late)]
    held.append([frozenset({late})] * late)
    for number, transfers in enumerate(rounds):
        before = [list(row) for row in held]
        senders, targets = set(), set()
        for source, target, piece, add in transfers:
            what = f"round {number}: piece {piece} from rank {source} to rank {target}"
            if not (0 <= source < p and 0 <= target < p and source != target and 0 <= piece < late):
                raise ValueError(f"{what}: expected two different ranks below {p}, and a piece below {late}")
            if source in senders or target in targets:
                raise ValueError(f"{what}: expected each rank to send once and receive once in a round")
            senders.add(source)
            targets.add(target)
            sent, own = before[source][piece], before[target][piece]
            if not sent:
                raise ValueError(f"{what}: rank {source} does not have this piece yet")
            if add and (sent & own or not own):
                twice = ", ".join(map(str, sorted(sent & own)))
                raise ValueError(f"{what}: expected new values to add; got those of rank {twice} again")
            if not add and sent != everyone:
                raise ValueError(f"{what}: expected a complete piece; it lacks {sorted(everyone - sent)}")
            held[target][piece] = sent | own if add else sent
    for rank, row in enumerate(held):
        for piece, values in enumerate(row):
            if values != everyone:
                raise ValueError(
                    f"at the end rank {rank} lacks piece {piece} of rank {sorted(everyone - values)}"
                )

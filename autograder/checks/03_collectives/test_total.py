"""Task 03.10: all-to-all in pairs."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import vectors
from play import Played, play

from autograder.judge.checking import ListOf, expect_close, expect_form, fail


def exchange_all(student, rng, lengths: np.ndarray, hint: str) -> Played:
    """Run the exchange: lengths[r, s] elements go from rank r to rank s. Compare `out` and `parts` of every rank."""
    p = len(lengths)
    parts = [[vectors(rng, 1, int(n))[0] for n in row] for row in lengths]
    outs = [[np.full(int(n), np.nan) for n in column] for column in lengths.T]
    per_rank = [[outs[rank], [part.copy() for part in parts[rank]]] for rank in range(p)]
    played = play(student, "pairwise_all_to_all", per_rank)
    for rank, arguments in enumerate(played.arguments):
        out, own = expect_form(arguments, [ListOf(object, p), ListOf(object, p)])
        for source in range(p):
            expect_close(out[source], parts[source][rank], hint=hint)
            expect_close(own[source], parts[rank][source], hint="Do not change `parts`.")
    return played


@pytest.mark.task("03.10")
def test_pairwise_all_to_all_powers_of_two(student, rng):
    for p in (1, 2, 4, 8):
        exchange_all(
            student, rng, np.full((p, p), 3), "out[r] on rank s is parts[s] of rank r, also for r = s."
        )


@pytest.mark.task("03.10")
def test_pairwise_all_to_all_other_sizes(student, rng):
    hint = "In step s send to rank + s and receive from rank - s: these work for every number of ranks."
    for p in (3, 5, 6):
        exchange_all(student, rng, np.full((p, p), 2), hint)


@pytest.mark.task("03.10")
def test_pairwise_all_to_all_spreads_the_load(student, rng):
    for p in (2, 4):
        played = exchange_all(student, rng, np.full((p, p), 2), "Does every part arrive?")
        orders = [[each[1] for each in played.sent(rank)] for rank in range(p)]
        fair = all(len(order) == p - 1 for order in orders) and all(
            len({order[step] for order in orders}) == p for step in range(p - 1)
        )
        if not fair:
            fail(
                "several ranks send to one rank in the same step",
                got=f"the targets of each rank in order: {orders}",
                expected=f"{p - 1} messages of each rank, and in each step every rank is the target of one",
                hint="Start with the next rank, and not with rank 0: otherwise all ranks wait for rank 0 at first.",
            )


@pytest.mark.hidden
@pytest.mark.task("03.10")
def test_pairwise_all_to_all_unequal_parts(student, rng):
    for p in (2, 4):
        lengths = rng.integers(0, 4, (p, p))
        lengths[0, 1] = 0
        exchange_all(student, rng, lengths, "Parts differ in length, and some are empty.")

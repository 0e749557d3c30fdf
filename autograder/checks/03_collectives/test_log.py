"""Tasks 03.8 and 03.9: all-reduces with log2 p rounds."""

from __future__ import annotations

import pytest
from oracle import combined, vectors
from play import Played, expect_all, expect_sent, play

FOLD = "The ranks above the highest power of two send their vector to one below first, and get the result at the end."


def all_reduce(student, rng, name: str, p: int, n: int, op: str = "sum", *, eager: bool = True) -> Played:
    """Run an all-reduce, and compare the result of every rank."""
    x = vectors(rng, p, n)
    played = play(student, name, [[x[rank].copy(), op] for rank in range(p)], eager=eager)
    hint = (
        FOLD
        if p & (p - 1)
        else "Who is the partner over each distance, and what does each of the two have then?"
    )
    expect_all(played, combined(x, op), hint)
    return played


@pytest.mark.task("03.8")
def test_recursive_doubling_powers_of_two(student, rng):
    for p in (1, 2, 4, 8, 16):
        for op in ("sum", "max", "avg"):
            all_reduce(student, rng, "recursive_doubling", p, 5, op)


@pytest.mark.task("03.8")
def test_recursive_doubling_other_sizes(student, rng):
    for p in (3, 5, 6, 7):
        for op in ("sum", "min"):
            all_reduce(student, rng, "recursive_doubling", p, 4, op)


@pytest.mark.task("03.8")
def test_recursive_doubling_messages(student, rng):
    hint = "In each of the log2 p rounds a rank sends its whole vector once."
    for p, rounds in ((2, 1), (4, 2)):
        n = int(rng.integers(2, 9))
        played = all_reduce(student, rng, "recursive_doubling", p, n)
        expect_sent(played, rounds, rounds * n * 8, hint)


@pytest.mark.task("03.8")
def test_recursive_doubling_never_waits_forever(student, rng):
    for p in (2, 4):
        all_reduce(student, rng, "recursive_doubling", p, 4, eager=False)


@pytest.mark.task("03.9")
def test_rabenseifner_powers_of_two(student, rng):
    for p in (1, 2, 4, 8, 16):
        for op in ("sum", "max", "avg"):
            all_reduce(student, rng, "rabenseifner", p, 2 * p, op)


@pytest.mark.task("03.9")
def test_rabenseifner_other_sizes(student, rng):
    for p in (3, 5, 6, 7):
        for op in ("sum", "avg"):
            all_reduce(student, rng, "rabenseifner", p, 8, op)


@pytest.mark.task("03.9")
def test_rabenseifner_bytes(student, rng):
    hint = "Every round of the halving sends half as much as the one before; doubling sends as much again."
    for p, rounds in ((2, 1), (4, 2)):
        n = p * int(rng.integers(2, 9))
        played = all_reduce(student, rng, "rabenseifner", p, n)
        expect_sent(played, 2 * rounds, 2 * (p - 1) * n // p * 8, hint)


@pytest.mark.hidden
@pytest.mark.task("03.9")
def test_rabenseifner_ragged(student, rng):
    for p, n in ((2, 7), (4, 6), (4, 3), (4, 1), (4, 0)):
        all_reduce(student, rng, "rabenseifner", p, n)

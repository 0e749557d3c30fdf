"""Tasks 03.3 to 03.5: reduce-scatter, all-gather and all-reduce on a ring."""

from __future__ import annotations

import pytest
from oracle import combined, cut, vectors
from play import Played, expect_all, expect_sent, play

from autograder.judge.checking import expect_close

PIECES = "Cut with `pieces`: lengths differ by at most 1, and pieces are empty if there are fewer elements than ranks."


def scatter(student, rng, p: int, n: int, op: str = "sum", *, eager: bool = True) -> Played:
    """Run the reduce-scatter, and compare every rank's piece."""
    x = vectors(rng, p, n)
    played = play(student, "ring_reduce_scatter", [[x[rank].copy(), op] for rank in range(p)], eager=eager)
    for value, want in zip(played.values, cut(combined(x, op), p), strict=True):
        expect_close(value, want, hint=f"Which piece is complete on which rank after p - 1 steps? {PIECES}")
    return played


@pytest.mark.task("03.3")
def test_ring_reduce_scatter_combines(student, rng):
    for p in (1, 2, 4, 5, 7):
        for op in ("sum", "max", "min"):
            scatter(student, rng, p, 3 * p, op)


@pytest.mark.task("03.3")
def test_ring_reduce_scatter_ragged(student, rng):
    for p, n in ((2, 5), (3, 4), (3, 11), (3, 2), (3, 0)):
        scatter(student, rng, p, n)


@pytest.mark.task("03.3")
def test_ring_reduce_scatter_never_waits_forever(student, rng):
    for p in (2, 3):
        scatter(student, rng, p, 2 * p, eager=False)


@pytest.mark.task("03.3")
def test_ring_reduce_scatter_bytes(student, rng):
    hint = "Send one piece in each of the p - 1 steps, not the whole vector."
    for p in (2, 3):
        n = p * int(rng.integers(2, 9))
        expect_sent(scatter(student, rng, p, n), p - 1, (p - 1) * n // p * 8, hint)


def gather(student, rng, p: int, n: int, *, eager: bool = True) -> Played:
    """Run the all-gather, and compare the whole vector on every rank."""
    x = vectors(rng, 1, n)[0]
    played = play(student, "ring_all_gather", [[piece, n] for piece in cut(x, p)], eager=eager)
    expect_all(played, x, f"In step s send the piece that arrived in step s - 1. {PIECES}")
    return played


@pytest.mark.task("03.4")
def test_ring_all_gather_collects(student, rng):
    for p in (1, 2, 4, 5, 7):
        gather(student, rng, p, 3 * p)


@pytest.mark.task("03.4")
def test_ring_all_gather_never_waits_forever(student, rng):
    for p in (2, 3):
        gather(student, rng, p, 2 * p, eager=False)


@pytest.mark.task("03.4")
def test_ring_all_gather_bytes(student, rng):
    for p in (2, 3):
        n = p * int(rng.integers(2, 9))
        hint = "Send one piece in each of the p - 1 steps, not everything that has arrived so far."
        expect_sent(gather(student, rng, p, n), p - 1, (p - 1) * n // p * 8, hint)


@pytest.mark.hidden
@pytest.mark.task("03.4")
def test_ring_all_gather_ragged(student, rng):
    for p, n in ((2, 7), (3, 5), (3, 2), (3, 0)):
        gather(student, rng, p, n)


def all_reduce(student, rng, p: int, n: int, op: str = "sum") -> Played:
    """Run the all-reduce, and compare the result of every rank."""
    x = vectors(rng, p, n)
    played = play(student, "ring_all_reduce", [[x[rank].copy(), op] for rank in range(p)])
    hint = f"First a reduce-scatter, then an all-gather of the pieces. {PIECES}"
    expect_all(played, combined(x, op), hint)
    return played


@pytest.mark.task("03.5")
def test_ring_all_reduce_combines(student, rng):
    for p in (1, 2, 4, 5, 7):
        for op in ("sum", "max", "min"):
            all_reduce(student, rng, p, 2 * p, op)


@pytest.mark.task("03.5")
def test_ring_all_reduce_bytes(student, rng):
    hint = "A rank sends 2 (p - 1) pieces: (p - 1)/p of the vector to reduce, and as much again to gather."
    for p in (2, 3):
        n = p * int(rng.integers(2, 9))
        expect_sent(all_reduce(student, rng, p, n), 2 * (p - 1), 2 * (p - 1) * n // p * 8, hint)


@pytest.mark.task("03.5")
def test_ring_all_reduce_average(student, rng):
    for p in (2, 3):
        all_reduce(student, rng, p, 2 * p, "avg")


@pytest.mark.hidden
@pytest.mark.task("03.5")
def test_ring_all_reduce_ragged(student, rng):
    for p, n in ((2, 3), (3, 7), (3, 1), (3, 0)):
        all_reduce(student, rng, p, n)

"""Tasks 03.1 and 03.2: broadcast and reduce along a binomial tree."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import combined, vectors
from play import Played, expect_all, play

from autograder.judge.checking import expect_close, fail


def rounds(p: int) -> int:
    """The messages in a row of a binomial tree: log2 p, rounded up."""
    return (p - 1).bit_length()


def expect_tree(played: Played, p: int, end: int, hint: str) -> None:
    """p - 1 messages, of which no rank has more than log2 p at one end (0: sent, 1: received)."""
    counts = [sum(each[end] == rank for each in played.messages) for rank in range(p)]
    if len(played.messages) != p - 1 or max(counts) > rounds(p):
        fail(
            "this is not a binomial tree",
            got=f"{len(played.messages)} messages, up to {max(counts)} of one rank",
            expected=f"{p - 1} messages, up to {rounds(p)} of one rank",
            hint=hint,
        )


def broadcast(student, rng, p: int, root: int, n: int) -> tuple[Played, np.ndarray]:
    x = vectors(rng, p, n)
    return play(student, "broadcast_tree", [[x[rank].copy(), root] for rank in range(p)]), x[root]


@pytest.mark.task("03.1")
def test_broadcast_tree_reaches_all(student, rng):
    hint = "Does every rank receive, also when the number of ranks is no power of two?"
    for p in (1, 2, 3, 4, 5, 7, 8):
        played, want = broadcast(student, rng, p, 0, int(rng.integers(1, 9)))
        expect_all(played, want, hint)


@pytest.mark.task("03.1")
def test_broadcast_tree_other_roots(student, rng):
    hint = "Count places from the root: (rank - root) % size, and turn a place into a rank to send to it."
    for p in (2, 4):
        for root in range(1, p):
            played, want = broadcast(student, rng, p, root, 4)
            expect_all(played, want, hint)


@pytest.mark.task("03.1")
def test_broadcast_tree_depth(student, rng):
    hint = "A rank that has the data sends it on, so in every round twice as many ranks send."
    for p in (4, 8):
        played, want = broadcast(student, rng, p, 0, 5)
        expect_all(played, want, hint)
        expect_tree(played, p, 0, hint)


def reduce(student, rng, p: int, root: int, op: str, n: int) -> tuple[Played, np.ndarray]:
    x = vectors(rng, p, n)
    return play(student, "reduce_tree", [[x[rank].copy(), op, root] for rank in range(p)]), combined(x, op)


@pytest.mark.task("03.2")
def test_reduce_tree_combines(student, rng):
    for p in (1, 2, 3, 5, 6, 7, 8):
        for op in ("sum", "max", "min"):
            root = int(rng.integers(p))
            played, want = reduce(student, rng, p, root, op, 5)
            expect_close(played.values[root], want, hint="Does the vector of every rank arrive at the root?")


@pytest.mark.task("03.2")
def test_reduce_tree_depth(student, rng):
    hint = "Run the broadcast backwards: a rank combines what it receives, and sends the sum once."
    for p in (4, 8):
        played, want = reduce(student, rng, p, 0, "sum", 5)
        expect_close(played.values[0], want, hint=hint)
        expect_tree(played, p, 1, hint)


@pytest.mark.hidden
@pytest.mark.task("03.2")
def test_reduce_tree_average(student, rng):
    hint = "A mean of means weighs the ranks unequally. Add, and let the caller divide once."
    for p in (3, 4, 5):
        played, want = reduce(student, rng, p, p - 1, "avg", 3)
        expect_close(played.values[p - 1], want, hint=hint)

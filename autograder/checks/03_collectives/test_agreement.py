"""Task 03.11: compare the calls of all ranks."""

from __future__ import annotations

import numpy as np
import pytest
from play import Played, play

from autograder.judge.checking import expect_equal, fail

Call = tuple[str, str, np.ndarray, int]


def ask(student, calls: list[Call]) -> Played:
    return play(student, "disagreement", [list(call) for call in calls])


def expect_told(student, calls: list[Call], words: list[list[str]]) -> None:
    """Every rank gets the same text, in which the words of each rank's call follow its number."""
    values = ask(student, calls).values
    for rank, value in enumerate(values):
        expect_equal(type(value) is str and len(value) > 0, True, hint=f"Rank {rank} must get a text.")
        expect_equal(value, values[0], hint="Every rank must get the same text, in which no call is cut off.")
    for rank, expected in enumerate(words):
        said = [part for part in values[0].split(";") if str(rank) in part.partition(": call")[0]]
        if not any(all(word in part for word in expected) for part in said):
            fail(
                f"the text does not say what rank {rank} calls",
                got=values[0][:300],
                expected=f"rank {rank}, with {', '.join(expected)}",
                hint="Name everything that has to be equal: number, name, op, dtype and shape.",
            )


@pytest.mark.task("03.11")
def test_disagreement_none(student, rng):
    for p in (1, 3):
        n = int(rng.integers(1, 99))
        played = ask(student, [("all_reduce", "sum", np.zeros((n, 2)), 7) for _ in range(p)])
        hint = "The same call on every rank is no disagreement; values do not count. One collective must do."
        expect_equal(played.values, [""] * p, hint=hint)
        calls = [each for each in played.messages if each[0] == 0]
        if p > 1 and not 0 < sum(each[2] for each in calls) <= 64:
            fail(
                "agreement costs too much, or the ranks do not compare",
                got=f"{len(calls)} calls of rank 0, {sum(each[2] for each in calls)} bytes",
                expected="one all-gather of 40 bytes, and never more than 64 bytes",
                hint="Gather a fingerprint of the text first.",
            )


@pytest.mark.task("03.11")
def test_disagreement_tells_every_rank(student, rng):
    for odd in (0, 2):
        n = int(rng.integers(100, 999))
        calls: list[Call] = [("all_reduce", "sum", np.zeros(n, np.float32), 4)] * 3
        calls[odd] = ("reduce_scatter", "max", np.zeros(n + 1000, np.float32), 4)
        words = [["all_reduce", "sum", "float32", f"{n}"]] * 3
        words[odd] = ["reduce_scatter", "max", "float32", f"{n + 1000}"]
        expect_told(student, calls, words)


@pytest.mark.task("03.11")
def test_disagreement_same_bytes(student, rng):
    n = 2 * int(rng.integers(50, 99))
    x, other = np.zeros(2 * n, np.float32), np.zeros(n, np.float64)
    calls: list[Call] = [("all_reduce", "sum", x, 1), ("all_reduce", "sum", other, 1)]
    expect_told(student, calls, [["float32", str(2 * n)], ["float64", str(n)]])
    calls = [("all_reduce", "sum", np.zeros((n, 3)), 1), ("all_reduce", "sum", np.zeros((3, n)), 1)]
    expect_told(student, calls, [[f"{n}, 3"], [f"3, {n}"]])


@pytest.mark.hidden
@pytest.mark.task("03.11")
def test_disagreement_number(student, rng):
    number, x = 10 ** int(rng.integers(1, 4)) - 1, np.zeros(5)
    calls: list[Call] = [("broadcast", "sum", x, number), ("broadcast", "sum", x, number + 1)]
    expect_told(student, calls, [[str(number)], [str(number + 1)]])

"""Task 03.12: an all-reduce for a rank that is late."""

from __future__ import annotations

import pytest
from oracle import complaint

from autograder.judge.checking import ListOf, fail

FORM = ListOf(ListOf([int, int, int, bool]))


def proved(student, p: int) -> list:
    """The student's schedule, if it is an all-reduce."""
    rounds = student.probe("schedule", p, gives=FORM)
    if wrong := complaint(rounds, p):
        fail(
            f"the schedule for {p} ranks is no all-reduce",
            got=wrong,
            expected="all pieces on all ranks, with the values of every rank once",
            hint="check_schedule in symbolic.py names the first transfer that is wrong.",
        )
    return rounds


@pytest.mark.task("03.12")
def test_straggler_schedule_is_an_all_reduce(student):
    for p in (4, 8, 16, 32, 64):
        proved(student, p)


@pytest.mark.hidden
@pytest.mark.task("03.12")
def test_straggler_schedule_rounds(student):
    for p in (2, 4):
        count = len(proved(student, p))
        want = p - 2 + p.bit_length() - 1
        if count != want:
            fail(
                f"the schedule for {p} ranks has another number of rounds",
                got=str(count),
                expected=f"{want}: p - 2 + log2 p",
                hint="While one rank exchanges with the straggler, the others pass on pieces that are complete.",
            )

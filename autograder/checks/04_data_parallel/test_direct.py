"""Task 04.1: add up every window by itself."""

from __future__ import annotations

import pytest
from oracle import integers, window_sums

from autograder.judge.checking import expect_equal


@pytest.mark.task("04.1")
def test_moving_sum_sums(student, rng):
    for count, width in ((5, 2), (9, 4), (17, 16), (3, 1)):
        values = integers(rng, count)
        hint = f"Element i is the sum of {width} neighbours, from values[i] on: where do the windows start and end?"
        expect_equal(student.call("moving_sum", values, width), window_sums(values, width), hint=hint)


@pytest.mark.task("04.1")
def test_moving_sum_leaves_values(student, rng):
    values = integers(rng, 8)
    _, after = student.call_keeping("moving_sum", values, 3)
    expect_equal(after, [values, 3], hint="Do not change the caller's list: only read it.")


@pytest.mark.hidden
@pytest.mark.task("04.1")
def test_moving_sum_one_window(student, rng):
    values = integers(rng, 6)
    hint = "If the window is as wide as the list, there is one window."
    expect_equal(student.call("moving_sum", values, 6), window_sums(values, 6), hint=hint)

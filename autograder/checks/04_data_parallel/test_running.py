"""Task 04.2: compute each sum from the one before it."""

from __future__ import annotations

import pytest
from oracle import integers, window_sums

from autograder.judge.checking import expect_equal, fail


@pytest.mark.task("04.2")
def test_running_sum_sums(student, rng):
    for count, width in ((5, 2), (9, 4), (17, 16), (3, 1)):
        values = integers(rng, count)
        hint = "From one window to the next one value enters and one leaves: which ones?"
        expect_equal(student.call("running_sum", values, width), window_sums(values, width), hint=hint)


@pytest.mark.task("04.2")
def test_running_sum_reads_little(student, rng):
    count, width = 64, 32
    reads = student.probe("reads", "running_sum", integers(rng, count), width, gives=int)
    most = 4 * count  # the operand check reads each value once; allow one more read than necessary
    if not count <= reads <= most:
        fail(
            "the number of reads grows with the width" if reads > most else "not every value is read",
            got=f"{reads} reads of {count} values at width {width}",
            expected=f"{count} to {most}",
            hint="Keep the sum of the last window, and change it; do not add up its values again.",
        )


@pytest.mark.hidden
@pytest.mark.task("04.2")
def test_running_sum_one_window(student, rng):
    values = integers(rng, 6)
    hint = "If the window is as wide as the list, there is only one sum."
    expect_equal(student.call("running_sum", values, 6), window_sums(values, 6), hint=hint)

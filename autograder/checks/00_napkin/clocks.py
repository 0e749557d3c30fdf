"""A measuring function, beside the judge's own clock: its figure must fit into the time that it took."""

from __future__ import annotations

from typing import NamedTuple

from autograder.judge.checking import Student, fail

# Most of a measuring function's time is what it measures. A start-up of a thread, a compilation or a busy machine
# outside of the loop may take the rest, in each of three tries.
LEAST_SHARE = 0.1


def expect_measured(student: Student, function: str, count: int, *, each: bool, hint: str) -> None:
    """Pass when `function(count)` gives the seconds of `count` repetitions (`each`: of one of them)."""
    share = one = 0.0
    for _ in range(3):
        value, timing = student.timed(function, count, gives=float)
        one = value if each else value / count
        share = one * count / timing.seconds
        if LEAST_SHARE <= share <= 1:
            return
    fail(
        f"the figure and the time of the call do not fit: {count} repetitions at {one:.3g} s",
        got=f"{one * count:.3g} s in all, {share:.3g} times what the judge's clock saw",
        expected=f"between {LEAST_SHARE} and 1 times what the judge's clock saw",
        hint=hint,
    )


class Seen(NamedTuple):
    """The calls that the harness counted."""

    python: int  # calls of Python functions
    getppid: int
    pipes: int
    connections: int
    trips: int  # sends followed by a receive


def watch(student: Student, function: str, count: int) -> Seen:
    """Count the calls of `function(count)`, with a profiler on the student's side."""
    return Seen(*student.probe("watched", function, count, gives=(int,) * 5))

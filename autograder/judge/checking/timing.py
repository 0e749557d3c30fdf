"""Measure speed outside of the submission: with the judge's clock and the kernel's CPU accounting."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TimedCall = Callable[[int], tuple[Any, "Timing"]]


@dataclass(frozen=True)
class Timing:
    """The cost of one call.

    seconds: wall time from before the arguments leave until the value is copied. Both transfers are inside,
    so that no work can hide before or after the call; a fair baseline pays the same.
    cpu_seconds: of all the test's processes. thread_seconds: of each thread that worked, busiest first.
    """

    seconds: float
    cpu_seconds: float
    thread_seconds: tuple[float, ...]


@dataclass(frozen=True)
class SpeedRatio:
    """Interleaved timings; `ratio` is how many times faster the student is, median over median.

    values, baseline_values: the result of every timed call, in order: check them all.
    """

    ratio: float
    student: tuple[Timing, ...]
    baseline: tuple[Timing, ...]
    values: tuple[Any, ...]
    baseline_values: tuple[Any, ...]


def speed_ratio(student_call: TimedCall, baseline_call: TimedCall, repeats: int = 5) -> SpeedRatio:
    """Time both in turns, so that a slow moment of the machine affects both; each call gets its number, from 0.

        x = [(fresh(), fresh()) for _ in range(5)]
        result = speed_ratio(lambda i: student.timed("fast", *x[i]), lambda i: baseline.timed("slow", *x[i]))

    Give every repetition new inputs. Raises ValueError for repeats < 1, and the exceptions of the calls.
    """
    if repeats < 1:
        raise ValueError(f"expected at least one repetition, got {repeats}")
    student: list[tuple[Any, Timing]] = []
    baseline: list[tuple[Any, Timing]] = []
    for index in range(repeats):
        # Who goes first alternates: a clock that speeds up or slows down favours neither.
        for calls, call in ((student, student_call), (baseline, baseline_call))[
            :: 1 if index % 2 == 0 else -1
        ]:
            calls.append(call(index))
    medians = [statistics.median(t.seconds for _, t in calls) for calls in (student, baseline)]
    return SpeedRatio(
        medians[1] / medians[0],
        tuple(t for _, t in student),
        tuple(t for _, t in baseline),
        tuple(v for v, _ in student),
        tuple(v for v, _ in baseline),
    )

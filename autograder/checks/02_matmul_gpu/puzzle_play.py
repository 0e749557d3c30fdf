"""Checks of the puzzles: plain launches for the values, and launches in other orders or with counts.

A plain check asks the compiler's front end, runs a kernel in grid order, and compares values. An edge check takes other
sizes, runs every order, and counts accesses. Every launch fails on its races, its reads of unwritten elements, and on
inputs that it changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from front import look_at_launch
from replays import fail_on, orders, play

from autograder.judge.checking import Student, expect_close, fail, short

LISTS, NUMBERS = ("reads", "writes", "efficiency"), ("busiest", "shared_reads", "ways")


def reals(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Return fresh float32 numbers of both signs."""
    return rng.standard_normal(shape).astype(np.float32)


def wholes(rng: np.random.Generator, *shape: int, low: int = -9) -> np.ndarray:
    """Return float32 integers up to 9: their sums are exact in every order."""
    return rng.integers(low, 10, shape).astype(np.float32)


def blank(*shape: int) -> np.ndarray:
    """Return an unwritten result: NaN."""
    return np.full(shape, np.nan, np.float32)


def cover(*sizes: int, block: int) -> Any:
    """Return the number of blocks of `block` threads that cover an axis; for several axes a tuple."""
    found = [-(-size // block) for size in sizes]
    return tuple(found) if len(found) > 1 else found[0]


def expect_plain(
    student: Student,
    kernel: str,
    grid: Any,
    block: Any,
    out: np.ndarray,
    *args: np.ndarray,
    want: Any,
    hint: str,
) -> None:
    """Fail if numba-cuda refuses the kernel; then compare the values that one launch in grid order leaves in `out`."""
    look_at_launch(student, kernel, grid, block, out, *args)
    got, _ = counted(student, kernel, grid, block, out, *args)
    near(kernel, got, want, args, hint)


def expect_orders(
    student: Student,
    rng: np.random.Generator,
    kernel: str,
    grid: Any,
    block: Any,
    out: np.ndarray,
    *args: np.ndarray,
    want: Any,
    hint: str,
) -> None:
    """Compare the values that every order of threads and blocks leaves in `out`; fail on races and bounds."""

    def check(got: Any) -> None:
        near(kernel, got, want, args, hint)

    play(student, kernel, grid, block, out, *args, check=check, order=orders(rng))


def near(kernel: str, got: Any, want: np.ndarray, args: tuple[np.ndarray, ...], hint: str) -> None:
    """Pass if `got` is `want` within float32 rounding; explain NaN, which marks unwritten elements."""
    shapes = ", ".join(str(each.shape) for each in args)
    untouched = isinstance(got, np.ndarray) and got.dtype.kind == "f" and bool(np.isnan(got).any())
    if untouched:
        hint = f"NaN: an element that no thread wrote, or a result of one. {hint}"
    kind = np.dtype(np.int32) if want.dtype.kind == "i" else np.dtype(np.float32)
    # Some dozens of terms: each sum may round by half a unit, and terms may cancel.
    size = 1e-5 * max(1.0, float(np.abs(want).max(initial=0)))
    expect_close(
        got, want, atol=size if kind.kind == "f" else 0, dtype=kind, hint=hint, call=f"{kernel} on {shapes}"
    )


def counted(
    student: Student, kernel: str, grid: Any, block: Any, out: np.ndarray, *args: Any
) -> tuple[Any, dict]:
    """Return (out afterwards, counts) of one launch; the counts are {} on a GPU. Fails on the launch's faults."""
    answer = student.probe("play_counted", kernel, grid, block, out, *args, gives=(out.dtype, dict, list))
    got, counts, told = answer
    if not sound(counts, 1 + len(args)):
        student.protocol_error("an answer of the harness without its counts")
    fail_on(student, told)
    return got, counts


def sound(counts: Any, arrays: int) -> bool:
    """Return True if the counts have the form of the harness."""
    if type(counts) is not dict:
        return False
    if not counts:
        return True
    if set(counts) != {*LISTS, *NUMBERS}:
        return False
    lists = all(type(counts[key]) is list and len(counts[key]) == arrays for key in LISTS)
    return lists and all(
        type(each) in (int, float)
        for key in counts
        for each in ([counts[key]] if key in NUMBERS else counts[key])
    )


def at_most(counts: dict, key: str, which: int | None, bound: float, what: str, hint: str) -> None:
    """Fail if a count is above its bound; `which` array, 0 for `out`. Passes without counts, on a GPU."""
    judge(counts, key, which, bound, "at most", what, hint, lambda got: got <= bound)


def at_least(counts: dict, key: str, which: int | None, bound: float, what: str, hint: str) -> None:
    """Fail if a count is below its bound; otherwise as `at_most`."""
    judge(counts, key, which, bound, "at least", what, hint, lambda got: got >= bound)


def judge(
    counts: dict,
    key: str,
    which: int | None,
    bound: float,
    side: str,
    what: str,
    hint: str,
    fine: Callable[[float], bool],
) -> None:
    if not counts:
        return
    got = counts[key] if which is None else counts[key][which]
    if not fine(got):
        fail(
            f"{what}: expected {side} {bound:.3g}, got {short(got)}",
            got=short(got),
            expected=f"{side} {bound:.3g}",
            hint=hint,
        )

"""Mistakes that a wrong result gives away by its looks. Each function returns a hint, or "" where it sees nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

ONE_ROW = (
    "Every row of the result is the same. Was it made by [[0.0] * n] * m? That is one row with m names: "
    "make a new list for each row."
)
GARBAGE = (
    "Some of these numbers are what the memory held before: np.empty clears nothing. "
    "Set every element before you add to it."
)
HUGE = 1e6  # times more than any element of a right result


def one_row(got: Any, want: np.ndarray) -> str:
    """All rows of a list of rows of numbers are equal, and should not be."""
    rows = type(got) is list and all(type(row) is list for row in got)
    if (
        not rows
        or len(got) < 2
        or not all(type(x) in (int, float) for row in got for x in row)
        or not any(got[0])
    ):
        return ""
    return ONE_ROW if all(row == got[0] for row in got) and (want != want[0]).any() else ""


def garbage(got: Any, want: np.ndarray) -> str:
    """Numbers beyond all bounds, infinite or denormal, where the right ones are ordinary."""
    if type(got) is not np.ndarray or got.shape != want.shape or got.dtype.kind != "f" or not got.size:
        return ""
    size, limits = np.abs(got), np.finfo(got.dtype)
    with np.errstate(all="ignore"):
        strange = ~np.isfinite(got) | (size > HUGE * (1 + np.abs(want).max()))
        strange |= (size > 0) & (size < limits.tiny)
    return GARBAGE if (strange & np.isfinite(want) & (np.abs(want) > limits.tiny)).any() else ""

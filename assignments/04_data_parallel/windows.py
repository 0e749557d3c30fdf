"""Operand checks for every task of the unit. This file is given: you do not change it."""

from __future__ import annotations

from typing import Any


def check_window(values: Any, width: Any) -> int:
    """The number of windows of `width` neighbours in `values`, a list of n integers: n - width + 1.

    Cost: O(n); each value is read once.

    Raises:
        TypeError: `values` is not a list of ints, or `width` is not an int.
        ValueError: `width` is below 1, or above n.
    """
    if not isinstance(values, list):
        raise TypeError(f"expected values to be a list of integers, got {type(values).__name__}")
    for place, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"expected values[{place}] to be an int, got {value!r}")
    if isinstance(width, bool) or not isinstance(width, int):
        raise TypeError(f"expected width to be an int, got {width!r}")
    if not 1 <= width <= len(values):
        raise ValueError(f"expected 1 <= width <= {len(values)}, the number of values; got {width}")
    return len(values) - width + 1

"""Step 1: add up every window from its start.

Bound by: repeated additions. WRITE: what limits your first step, and which step removes the limit.

Source: WRITE: the paper, section or equation that this follows.
"""

from __future__ import annotations

from windows import check_window


def moving_sum(values: list[int], width: int) -> list[int]:
    """The sums of all windows of `width` neighbours in `values`, n integers.

    Returns a new list of n - width + 1 integers: element i is values[i] + ... + values[i + width - 1]. `values`
    does not change.

    Cost: (n - width + 1) * (width - 1) additions.

    Raises:
        TypeError: `values` is not a list of integers, or `width` is not an integer.
        ValueError: `width` is below 1, or above n.
    """
    windows = check_window(values, width)
    return _moving_sum(values, width, windows)


def _moving_sum(values: list[int], width: int, windows: int) -> list[int]:
    """Add up each of the `windows` windows by itself; the operands are checked already."""
    raise NotImplementedError(
        "04.1 moving_sum: Add up each of the `windows` windows by itself; the operands are checked already."
    )

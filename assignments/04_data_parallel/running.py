"""Step 2: keep the sum of the last window and change it, because neighbouring windows share all values except two.

Bound by: WRITE: what limits this step.
"""

from __future__ import annotations

from windows import check_window


def running_sum(values: list[int], width: int) -> list[int]:
    """The sums of all windows of `width` neighbours in `values`, n integers, as `moving_sum` returns them.

    Returns a new list of n - width + 1 integers; `values` does not change.

    Cost: 2n - width - 1 additions and subtractions. Each value is read at most twice: when it enters a window, and
    when it leaves it.

    Raises:
        TypeError: `values` is not a list of integers, or `width` is not an integer.
        ValueError: `width` is below 1, or above n.
    """
    windows = check_window(values, width)
    return _running_sum(values, width, windows)


def _running_sum(values: list[int], width: int, windows: int) -> list[int]:
    """Compute each sum from the one before it; the operands are checked already."""
    raise NotImplementedError(
        "04.2 running_sum: Compute each sum from the one before it; the operands are checked already."
    )

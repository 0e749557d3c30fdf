"""Given: operand checks that every rung of the ladder uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def check_operands(a: Any, b: Any) -> tuple[int, int, int]:
    """The sizes (m, k, n) of the product of `a`, (m, k), and `b`, (k, n).

    Cost: O(1); no element is read. Any strides are allowed, and any size may be 0.

    Raises:
        TypeError: an operand is not a numpy array, is not float32 or float64, or the
            dtypes differ.
        ValueError: an operand is not 2-D, or the inner sizes differ.
    """
    for name, x in (("a", a), ("b", b)):
        if not isinstance(x, np.ndarray):
            raise TypeError(
                f"{name}: expected a numpy array, got {type(x).__name__}; "
                f"try np.array({name}, dtype=np.float64)"
            )
        if x.dtype not in _DTYPES:
            raise TypeError(
                f"{name}: expected dtype float32 or float64, got {x.dtype}; try {name}.astype(np.float64)"
            )
    if a.dtype != b.dtype:
        raise TypeError(
            f"expected one dtype for both operands, got {a.dtype} and {b.dtype}; try b.astype(a.dtype)"
        )
    for name, x in (("a", a), ("b", b)):
        if x.ndim != 2:
            raise ValueError(
                f"{name}: expected 2 dimensions, got shape {x.shape}; try {name}.reshape(rows, columns)"
            )
    if a.shape[1] != b.shape[0]:
        raise ValueError(
            f"expected as many columns in a as rows in b, got shapes {a.shape} and {b.shape}; "
            "try transposing one of them"
        )
    return a.shape[0], a.shape[1], b.shape[1]


def check_lists(a: Any, b: Any) -> tuple[int, int, int]:
    """The sizes (m, k, n) of the product of two matrices that are lists of rows.

    A list without rows cannot say how many columns it has: then k or n is 0.
    Cost: O(m + k); only lengths are read.

    Raises:
        TypeError: an operand, or a row of one, is not a list.
        ValueError: the rows of one matrix differ in length, or the inner sizes differ.
    """
    for name, x in (("a", a), ("b", b)):
        _check_rows(name, x)
    k = len(a[0]) if a else len(b)
    if k != len(b):
        raise ValueError(
            f"expected as many columns in a as rows in b, got {k} columns and {len(b)} rows; "
            "try transposing one of them"
        )
    return len(a), k, len(b[0]) if b else 0


def _check_rows(name: str, rows: Sequence[Any]) -> None:
    if not isinstance(rows, list):
        raise TypeError(f"{name}: expected a list of rows, got {type(rows).__name__}; try {name}.tolist()")
    for index, row in enumerate(rows):
        if not isinstance(row, list):
            raise TypeError(
                f"{name}[{index}]: expected a list of numbers, got {type(row).__name__}; "
                f"try [list(row) for row in {name}]"
            )
        if len(row) != len(rows[0]):
            raise ValueError(
                f"{name}: expected rows of one length, got {len(rows[0])} numbers in row 0 "
                f"and {len(row)} in row {index}"
            )

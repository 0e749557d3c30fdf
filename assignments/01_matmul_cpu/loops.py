"""Rungs 1 and 2: matrix multiplication in plain Python, over lists of rows.

Bound by: the interpreter. Each multiply-add costs tens of bytecodes and several new
objects, so the arithmetic unit is idle more than 99% of the time. `compiled.py` removes
the interpreter.

Source of the ladder: C. E. Leiserson et al., "There's plenty of room at the Top",
Science 368 (2020), Table 1.
"""

from __future__ import annotations

from shapes import check_lists

Matrix = list[list[float]]


def python_loops(a: Matrix, b: Matrix) -> Matrix:
    """The product of two matrices as lists of rows, in loop order i, j, k.

    a: m rows of k floats. b: k rows of n floats. Returns a new list of m new lists of n
    floats; the operands do not change. Each element of the result is one dot product: a
    row of `a` with a column of `b`.

    Cost: 2mkn floating-point operations. The inner loop steps down a column of `b`, so
    it reads from another list at every step.

    Raises:
        TypeError: an operand is not a list of lists.
        ValueError: rows of different lengths, or the inner sizes differ.
    """
    m, k, n = check_lists(a, b)
    return _python_loops(a, b, m, k, n)


def _python_loops(a: Matrix, b: Matrix, m: int, k: int, n: int) -> Matrix:
    """Loops i, j, k over lists whose sizes have been checked."""
    raise NotImplementedError("01.1 python_loops: Loops i, j, k over lists whose sizes have been checked.")


def python_reordered(a: Matrix, b: Matrix) -> Matrix:
    """The product of two matrices as lists of rows, in loop order i, k, j.

    a: m rows of k floats. b: k rows of n floats. Returns a new list of m new lists of n
    floats; the operands do not change. Each row of the result is a sum of rows of `b`:
    c[i] = a[i][0] * b[0] + a[i][1] * b[1] + ...

    Cost: 2mkn floating-point operations. The inner loop walks along one row of `b` and
    one row of the result. Each row is looked up once, outside the inner loop.

    Raises:
        TypeError: an operand is not a list of lists.
        ValueError: rows of different lengths, or the inner sizes differ.
    """
    m, k, n = check_lists(a, b)
    return _python_reordered(a, b, m, k, n)


def _python_reordered(a: Matrix, b: Matrix, m: int, k: int, n: int) -> Matrix:
    """Loops i, k, j over lists whose sizes have been checked."""
    raise NotImplementedError(
        "01.2 python_reordered: Loops i, k, j over lists whose sizes have been checked."
    )

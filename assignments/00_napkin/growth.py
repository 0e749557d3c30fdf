"""Task 00.7: the growth of work with its input, counted and measured.

A cost that grows as size**p is a straight line of slope p on log-log axes. The line
predicts the cost of ten times the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from checks import checked, count, positive, several


@checked(points=count, dimensions=count, clusters=count, iterations=count)
def kmeans_operations(points: int, dimensions: int, clusters: int, iterations: int) -> int:
    """Operations of Lloyd's k-means on N `points` of d `dimensions` with k `clusters`.

    In each iteration every point is compared with every centre, by the squared
    distance: one subtraction, one square and one addition for each coordinate. Then
    every point is added to the sum of its cluster: one addition for each coordinate.
    The k divisions for the new means do not count, nor does the search for the nearest
    centre.

    Source: S. Lloyd, Least squares quantization in PCM, IEEE Transactions on
    Information Theory 28 (1982).
    Raises TypeError for sizes that are not whole numbers, ValueError for sizes below 1.
    """
    raise NotImplementedError(
        "00.7 kmeans_operations: Operations of Lloyd's k-means on N `points` of d `dimensions` with k "
        "`clusters`."
    )


@checked(points=count, dimensions=count)
def kernel_operations(points: int, dimensions: int) -> int:
    """Operations of the linear kernel matrix of a support vector machine.

    The matrix holds the dot product of any two of N `points`. It is symmetric: count
    its diagonal and one of its halves. A dot product takes a multiply and an add for
    each dimension.

    Raises TypeError for sizes that are not whole numbers, ValueError for sizes below 1.
    """
    raise NotImplementedError(
        "00.7 kmeans_operations (kernel_operations): Operations of the linear kernel matrix of a support "
        "vector machine."
    )


@checked(sizes=several(2, positive), values=several(2, positive))
def fit_exponent(sizes: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """(exponent, factor) of the power law values = factor * sizes**exponent.

    The fit is least squares on the logarithms of both.

    Raises TypeError for anything but lists or 1-D arrays of numbers; ValueError for
    fewer than two points, lists of different lengths, numbers that are not above 0, or
    sizes that are all the same.
    """
    if len(sizes) != len(values):
        raise ValueError(f"fit_exponent: expected a value for each of {len(sizes)} sizes, got {len(values)}")
    if min(sizes) == max(sizes):
        raise ValueError(f"fit_exponent: expected at least two different sizes, got only {sizes[0]}")
    raise NotImplementedError(
        "00.7 kmeans_operations (fit_exponent): (exponent, factor) of the power law values = factor * "
        "sizes**exponent."
    )


@checked(values=several(2, positive))
def doubling(values: Sequence[float]) -> list[float]:
    """Each value divided by the one before it: a list, one shorter than `values`.

    For times at sizes that double each time, 2 means linear growth, 4 quadratic, 8
    cubic.

    Raises TypeError for anything but a list or 1-D array of numbers; ValueError for
    fewer than two values, or one not above 0.
    """
    raise NotImplementedError(
        "00.7 kmeans_operations (doubling): Each value divided by the one before it: a list, one shorter than"
        " `values`."
    )


@checked(sizes=several(2, positive), values=several(2, positive), size=positive)
def extrapolate(sizes: Sequence[float], values: Sequence[float], size: float) -> float:
    """The value to expect at `size`, from the power law fitted to `sizes` and `values`.

    Raises the errors of `fit_exponent`, and ValueError for a size that is not above 0.
    """
    raise NotImplementedError(
        "00.7 kmeans_operations (extrapolate): The value to expect at `size`, from the power law fitted to "
        "`sizes` and `values`."
    )

"""Task 00.7: how work grows with the size of the input, by counting and by fitting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from forms import call

from autograder.judge.checking import expect_close, expect_equal


def lloyd(points, dimensions, clusters, iterations):
    """Lloyd's algorithm with a counter in place of the arithmetic."""
    operations = 0
    for _ in range(iterations):
        for _ in range(points):
            operations += 3 * dimensions * clusters  # to every centre: subtract, square, add, each coordinate
            operations += dimensions  # into the sum of the nearest one
    return operations


@pytest.mark.task("00.7")
def test_kmeans_operations(student, rng):
    for _ in range(4):
        points, dimensions, clusters, iterations = (int(x) for x in rng.integers(2, 60, 4))
        want = lloyd(points, dimensions, clusters, iterations)
        hint = "An iteration meets each point with each centre (3 operations a coordinate), then adds it to one mean."
        expect_equal(
            call(student, "kmeans_operations", points, dimensions, clusters, iterations), want, hint=hint
        )


@pytest.mark.task("00.7")
def test_kernel_operations(student, rng):
    for _ in range(4):
        points, dimensions = int(rng.integers(2, 80)), int(rng.integers(2, 80))
        want = sum(2 * dimensions for i in range(points) for _ in range(i + 1))
        hint = "k(x, y) = k(y, x): the lower half of the matrix with its diagonal, 2 operations a coordinate."
        expect_equal(call(student, "kernel_operations", points, dimensions), want, hint=hint)


@pytest.mark.task("00.7")
def test_fit_exponent_exact(student, rng):
    for _ in range(3):
        exponent, factor = float(rng.uniform(0.5, 3.5)), float(10 ** rng.uniform(-9, 3))
        sizes = [int(n) for n in np.unique(rng.integers(2, 5000, 6))]
        values = [factor * n**exponent for n in sizes]
        hint = "log(value) = log(factor) + exponent * log(size): a straight line."
        got = call(student, "fit_exponent", sizes, values)
        expect_close(got, (exponent, factor), rtol=1e-6, hint=hint)


@pytest.mark.task("00.7")
def test_fit_exponent_of_measurements(student, rng):
    for _ in range(3):
        sizes = [100, 200, 400, 800, 1600, 6400]
        values = [1e-6 * n**1.7 * float(e) for n, e in zip(sizes, rng.uniform(0.7, 1.4, 6), strict=True)]
        slope, start = np.polyfit(np.log(sizes), np.log(values), 1)
        hint = "Least squares over all points, in the logarithms of both."
        got = call(student, "fit_exponent", sizes, values)
        expect_close(got, (float(slope), float(np.exp(start))), rtol=1e-6, hint=hint)


@pytest.mark.task("00.7")
def test_doubling(student, rng):
    for count in (2, 5):
        values = [float(x) for x in rng.uniform(0.1, 10, count)]
        want = [later / earlier for earlier, later in itertools.pairwise(values)]
        hint = "Each value over the one before it: n values have n - 1 ratios."
        expect_close(call(student, "doubling", values), want, hint=hint)


@pytest.mark.task("00.7")
def test_extrapolate(student, rng):
    for _ in range(3):
        exponent, factor = float(rng.uniform(0.5, 3.0)), float(10 ** rng.uniform(-9, 0))
        sizes = [10, 20, 40, 80]
        values = [factor * n**exponent for n in sizes]
        size = int(rng.integers(10**3, 10**6))
        hint = "The fitted line, continued: factor * size ** exponent."
        got = call(student, "extrapolate", sizes, values, size)
        expect_close(got, factor * float(size) ** exponent, rtol=1e-6, hint=hint)

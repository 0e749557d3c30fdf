"""Rungs 1 to 6 against NumPy in a wider type, against algebra, and against bad input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.judge.checking import gamma
from reference.matmul_cpu.blocked import register_blocked
from reference.matmul_cpu.compiled import numba_loops, numba_parallel
from reference.matmul_cpu.loops import python_loops, python_reordered
from reference.matmul_cpu.recursive import divide_and_conquer
from reference.tests.effort import tries

Rung = Callable[[Any, Any], Any]
LISTS = (python_loops, python_reordered)
ARRAYS = (numba_loops, numba_parallel, divide_and_conquer, register_blocked)
DTYPES = (np.float32, np.float64)
# Around the sides of tiles (4), leaves (64), blocks of rows (64), columns (512) and panels (256).
EDGES = (
    *((0, 0, 0), (0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (1, 700, 1), (700, 1, 1), (1, 1, 1100)),
    *((3, 4, 5), (4, 4, 4), (5, 5, 5), (63, 64, 65), (65, 63, 64), (129, 130, 127)),
    *((2, 255, 513), (3, 256, 512), (5, 257, 511), (6, 515, 1025), (67, 259, 70)),
)

sides = st.integers(0, 40)
seeds = st.integers(0, 2**32 - 1)
every_array_rung = pytest.mark.parametrize("rung", ARRAYS, ids=lambda rung: rung.__name__)
every_list_rung = pytest.mark.parametrize("rung", LISTS, ids=lambda rung: rung.__name__)
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
# No deadline: the first example compiles.
examples = tries(40)


def reals(seed: int, m: int, k: int, n: int, dtype: Any = np.float64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)


def whole(seed: int, m: int, k: int, n: int, dtype: Any = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers so small that every sum is exact in every order."""
    rng = np.random.default_rng(seed)
    return rng.integers(-9, 10, (m, k)).astype(dtype), rng.integers(-9, 10, (k, n)).astype(dtype)


def product_and_bound(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The product in a wider type, and gamma_k |a| |b|: how far k rounded products and sums may be off."""
    wide = np.float64 if a.dtype == np.float32 else np.longdouble
    x, y = a.astype(wide), b.astype(wide)
    return x @ y, gamma(a.shape[1], a.dtype) * (np.abs(x) @ np.abs(y))


@every_array_rung
@every_dtype
@given(m=sides, k=sides, n=sides, seed=seeds)
@examples
def test_array_rungs_stay_in_the_error_bound(rung: Rung, dtype: Any, m: int, k: int, n: int, seed: int):
    a, b = reals(seed, m, k, n, dtype)
    want, bound = product_and_bound(a, b)
    got = rung(a, b)
    assert got.shape == (m, n)
    assert got.dtype == dtype
    assert (np.abs(got - want) <= bound).all()


@every_list_rung
@given(m=st.integers(1, 9), k=st.integers(1, 9), n=st.integers(0, 9), seed=seeds)
@examples
def test_list_rungs_stay_in_the_error_bound(rung: Rung, m: int, k: int, n: int, seed: int):
    a, b = reals(seed, m, k, n)
    want, bound = product_and_bound(a, b)
    got = rung(a.tolist(), b.tolist())
    assert [len(row) for row in got] == [n] * m
    assert all(type(x) is float for row in got for x in row)
    assert (np.abs(np.array(got).reshape(m, n) - want) <= bound).all()


@every_list_rung
@pytest.mark.parametrize(
    ("a", "b", "want"),
    [
        ([], [], []),
        ([[], []], [], [[], []]),
        ([[1.0]], [[]], [[]]),
        ([[2.0]], [[3.0]], [[6.0]]),
    ],
)
def test_list_rungs_take_empty_matrices(rung: Rung, a: Any, b: Any, want: Any):
    assert rung(a, b) == want


@every_array_rung
@every_dtype
@pytest.mark.parametrize("sizes", EDGES, ids=str)
def test_array_rungs_are_right_at_every_edge(rung: Rung, dtype: Any, sizes: tuple[int, int, int]):
    a, b = whole(1, *sizes, dtype)
    assert np.array_equal(rung(a, b), a.astype(np.int64) @ b.astype(np.int64))


@every_array_rung
@given(m=sides, k=sides, n=sides, seed=seeds)
@examples
def test_algebra_holds_exactly_for_whole_numbers(rung: Rung, m: int, k: int, n: int, seed: int):
    a, b = whole(seed, m, k, n)
    other, _ = whole(seed + 1, m, k, n)
    c = rung(a, b)
    assert np.array_equal(rung(a + other, b), c + rung(other, b)), "linear in a"
    assert np.array_equal(rung(3 * a, b), 3 * c), "homogeneous"
    assert np.array_equal(rung(a, np.eye(k)), a), "a @ I"
    assert np.array_equal(rung(np.eye(k), b), b), "I @ b"
    transposed = rung(np.ascontiguousarray(b.T), np.ascontiguousarray(a.T))
    assert np.array_equal(transposed, c.T), "(a b)' = b' a'"


@every_array_rung
def test_array_rungs_take_any_strides(rung: Rung):
    a, b = whole(2, 34, 22, 18)
    frozen = np.asfortranarray(b)
    frozen.flags.writeable = False
    assert np.array_equal(rung(a[::2, ::-1], frozen), a[::2, ::-1] @ b)


@every_array_rung
def test_array_rungs_leave_operands_alone_and_return_a_new_array(rung: Rung):
    a, b = whole(3, 21, 21, 21)
    a_before, b_before = a.copy(), b.copy()
    first = rung(a, b)
    kept = first.copy()
    second = rung(a, b)
    assert np.array_equal(a, a_before)
    assert np.array_equal(b, b_before)
    assert np.array_equal(first, kept), "the second call wrote to the first result"
    assert np.array_equal(second, first)
    assert not any(np.shares_memory(first, x) for x in (a, b, second))
    assert np.array_equal(rung(a, a), a @ a), "one array may be both operands"


@every_list_rung
def test_list_rungs_leave_operands_alone_and_return_new_rows(rung: Rung):
    a, b = [[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]
    c = rung(a, b)
    assert (a, b) == ([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]])
    assert c == [[19.0, 22.0], [43.0, 50.0]]
    assert len({id(row) for row in (*a, *b, *c)}) == 6


@every_array_rung
def test_array_rungs_keep_nan_and_infinity(rung: Rung):
    a, b = whole(4, 9, 11, 10)
    a[1, 3], a[4, 10], a[8, 0] = np.nan, 0.0, np.inf
    b[10, 2], b[0] = np.inf, 1.0
    with np.errstate(invalid="ignore"):
        want = a @ b
    got = rung(a, b)
    assert np.isnan(want).any()
    assert np.array_equal(got, want, equal_nan=True)


@every_list_rung
def test_list_rungs_keep_nan(rung: Rung):
    assert np.isnan(rung([[0.0]], [[np.inf]])[0][0])


ONES = np.ones((2, 2))


@every_array_rung
@pytest.mark.parametrize(
    ("a", "b", "error", "words"),
    [
        ([[1.0]], ONES, TypeError, "a: expected a numpy array, got list"),
        (ONES, None, TypeError, "b: expected a numpy array, got NoneType"),
        (ONES.astype(int), ONES, TypeError, "a: expected dtype float32 or float64, got int64"),
        (ONES, ONES.astype(complex), TypeError, "b: expected dtype float32 or float64, got complex128"),
        (ONES.astype(">f8"), ONES, TypeError, "a: expected dtype float32 or float64, got >f8"),
        (ONES, ONES.astype(np.float32), TypeError, "got float64 and float32"),
        (ONES[0], ONES, ValueError, r"a: expected 2 dimensions, got shape \(2,\)"),
        (ONES, ONES[None], ValueError, r"b: expected 2 dimensions, got shape \(1, 2, 2\)"),
        (ONES, np.ones((3, 2)), ValueError, r"got shapes \(2, 2\) and \(3, 2\)"),
    ],
)
def test_array_rungs_refuse_bad_input(rung: Rung, a: Any, b: Any, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        rung(a, b)


@every_list_rung
@pytest.mark.parametrize(
    ("a", "b", "error", "words"),
    [
        (ONES, [[1.0]], TypeError, "a: expected a list of rows, got ndarray"),
        ([[1.0]], [(1.0,)], TypeError, r"b\[0\]: expected a list of numbers, got tuple"),
        ([[1.0, 2.0], [3.0]], [[1.0], [1.0]], ValueError, "2 numbers in row 0 and 1 in row 1"),
        ([[1.0]], [[1.0], [1.0, 2.0]], ValueError, "b: expected rows of one length"),
        ([[1.0, 2.0]], [[1.0]], ValueError, "got 2 columns and 1 rows"),
        ([[1.0]], [], ValueError, "got 1 columns and 0 rows"),
    ],
)
def test_list_rungs_refuse_bad_input(rung: Rung, a: Any, b: Any, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        rung(a, b)

"""The top of the ladder: any size and stride against NumPy in higher precision, nothing written outside `out`."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.matmul_cpu import matmul
from reference.tests.effort import tries
from reference.tests.matmul_cpu.bounds import (
    LAYOUTS,
    assert_product,
    assert_within,
    product_and_bound,
    strided,
)

DTYPES = st.sampled_from([np.float32, np.float64])
SIDE = st.one_of(st.integers(0, 20), st.sampled_from([31, 32, 33, 47, 48, 49, 95, 97, 130, 257]))
LAYOUT = st.sampled_from(LAYOUTS)
SEED = st.integers(0, 2**32 - 1)


@tries(200)
@given(SIDE, SIDE, SIDE, DTYPES, LAYOUT, LAYOUT, st.integers(1, 4), SEED)
def test_any_sizes_and_strides(m, k, n, dtype, layout_a, layout_b, threads, seed):
    rng = np.random.default_rng(seed)
    a, b = strided(rng, m, k, dtype, layout_a), strided(rng, k, n, dtype, layout_b)
    before = a.copy(), b.copy()
    assert_product(matmul(a, b, threads=threads), a, b)
    np.testing.assert_array_equal(a, before[0])
    np.testing.assert_array_equal(b, before[1])


WINDOWS = {  # how `out` lies in a larger array: (2m + 8, 2n + 8) in C or F order
    "window": lambda m, n: np.s_[3 : m + 3, 5 : n + 5],
    "every second": lambda m, n: np.s_[2 : 2 * m + 2 : 2, 1 : 2 * n + 1 : 2],
    "rows backwards": lambda m, n: np.s_[m + 2 : 2 : -1, 4 : n + 4],
    "columns backwards": lambda m, n: np.s_[4 : m + 4, n + 2 : 2 : -1],
}


@tries(150)
@given(
    SIDE, SIDE, SIDE, DTYPES, st.sampled_from(list(WINDOWS)), st.sampled_from("CF"), st.integers(1, 2), SEED
)
def test_out_is_filled_and_nothing_around_it(m, k, n, dtype, window, order, threads, seed):
    rng = np.random.default_rng(seed)
    a, b = strided(rng, m, k, dtype, "C"), strided(rng, k, n, dtype, "C")
    around = np.full((2 * m + 8, 2 * n + 8), np.nan, dtype, order=order)
    out = around[WINDOWS[window](m, n)]
    assert out.shape == (m, n)
    assert matmul(a, b, out=out, threads=threads) is out
    assert_product(out, a, b)
    out[...] = np.nan
    assert np.isnan(around).all(), "a number outside of `out` was written"


@cache
def large(m: int, k: int, n: int, dtype: type) -> tuple[np.ndarray, ...]:
    """Operands, their product in higher precision, and how far another may be from it: a second's work, done once."""
    rng = np.random.default_rng(m)
    a, b = strided(rng, m, k, dtype, "C"), strided(rng, k, n, dtype, "C")
    return a, b, *product_and_bound(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "sides", [(64, 3000, 64), (1500, 20, 1500), (500, 520, 500), (3, 700, 2000), (2000, 3, 1), (1, 5000, 1)]
)
@pytest.mark.parametrize("layouts", ["CC", "FF", "CF"])
def test_sizes_that_are_cut_into_blocks(sides, dtype, layouts):
    a, b, exact, bound = large(*sides, dtype)
    a, b = np.asarray(a, order=layouts[0]), np.asarray(b, order=layouts[1])
    for threads in (1, 2):
        assert_within(matmul(a, b, threads=threads), a.dtype, exact, bound)


def test_one_thread_and_two_give_the_same_bits():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((300, 400)), rng.standard_normal((400, 350))
    np.testing.assert_array_equal(matmul(a, b, threads=1), matmul(a, b, threads=2))


def test_nan_and_infinity_spread_as_in_numpy():
    a, b = np.zeros((50, 40), np.float32), np.ones((40, 60), np.float32)
    a[3, 5], a[7, 0], b[39, 59] = np.nan, np.inf, np.inf
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(matmul(a, b), a @ b)


def test_a_nan_beside_the_operands_is_not_read():
    around = np.full((40, 60), np.nan, np.float32)
    a, b = around[5:14, 3:20], np.ones((17, 13), np.float32)
    a[...] = 1
    np.testing.assert_array_equal(matmul(a, b), np.full((9, 13), 17))


def test_a_sum_without_terms_is_zero():
    out = np.full((3, 4), np.nan)
    np.testing.assert_array_equal(matmul(np.empty((3, 0)), np.empty((0, 4)), out=out), np.zeros((3, 4)))


def test_read_only_operands_and_fields_of_records():
    records = np.zeros(12, dtype=[("tag", "u1"), ("x", "f4")])
    records["x"] = np.arange(12)
    a = records["x"].reshape(3, 4)  # five bytes apart
    b = np.ones((4, 2), np.float32)
    b.flags.writeable = False
    np.testing.assert_array_equal(matmul(a, b), a @ b)
    out = np.zeros(6, dtype=[("tag", "u1"), ("x", "f4")])["x"].reshape(3, 2)
    np.testing.assert_array_equal(matmul(a, b, out=out), a @ b)


SQUARE = np.ones((2, 2))


@pytest.mark.parametrize(
    ("a", "b", "options", "error", "words"),
    [
        ([[1.0]], np.ones((1, 1)), {}, TypeError, "expected a numpy array, got list"),
        (np.ones((2, 2), int), SQUARE, {}, TypeError, "expected dtype float32 or float64, got int64"),
        (np.ones((2, 2), ">f8"), SQUARE, {}, TypeError, "expected dtype float32 or float64, got >f8"),
        (np.ones((2, 2), np.float32), SQUARE, {}, TypeError, "one dtype"),
        (np.ones(2), SQUARE, {}, ValueError, "expected 2 dimensions"),
        (np.ones((2, 3)), np.ones((2, 3)), {}, ValueError, "columns in a as rows in b"),
        (SQUARE, SQUARE, {"out": [[0.0]]}, TypeError, "out: expected a numpy array, got list"),
        (SQUARE, SQUARE, {"out": np.ones((2, 2), np.float32)}, TypeError, "out: expected dtype float64"),
        (SQUARE, SQUARE, {"out": np.ones((3, 2))}, ValueError, r"out: expected shape \(2, 2\), got \(3, 2\)"),
        (SQUARE, SQUARE, {"out": np.ones(4)}, ValueError, "out: expected shape"),
        (SQUARE, SQUARE, {"threads": 0}, ValueError, "threads: expected 1 or more, got 0"),
        (SQUARE, SQUARE, {"threads": -1}, ValueError, "threads: expected 1 or more"),
        (SQUARE, SQUARE, {"threads": 1.5}, TypeError, "threads: expected an int, got float"),
        (SQUARE, SQUARE, {"threads": True}, TypeError, "threads: expected an int, got bool"),
    ],
)
def test_bad_input_says_what_was_expected(a, b, options, error, words):
    with pytest.raises(error, match=words):
        matmul(a, b, **options)


def test_an_out_that_cannot_hold_the_result_is_refused_before_any_work():
    a, b = np.full((4, 4), 2.0), np.ones((4, 4))
    fixed = np.zeros((4, 4))
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        matmul(a, b, out=fixed)
    one_row = np.lib.stride_tricks.as_strided(np.zeros(4), (4, 4), (0, 8))
    with pytest.raises(ValueError, match="elements of its own"):
        matmul(a, b, out=one_row)
    for name, out in (("a", a), ("a", a.T), ("b", b[::-1])):
        with pytest.raises(ValueError, match=f"overlaps {name}"):
            matmul(a, b, out=out)
    assert (a == 2).all()
    assert (b == 1).all()


STRIDE = st.one_of(st.integers(-24, 24), st.sampled_from([-80, -40, 40, 64, 80, 200]))


@tries(300)
@given(st.integers(0, 6), st.integers(0, 6), STRIDE, STRIDE, DTYPES)
def test_an_out_whose_elements_overlap_is_refused(m, n, down, across, dtype):
    """Any strides: refused exactly if two elements share a byte."""
    itemsize = np.dtype(dtype).itemsize
    memory = np.zeros(4096, np.uint8)
    out = np.ndarray((m, n), dtype, memory, 2048, (down, across))
    starts = [i * down + j * across for i in range(m) for j in range(n)]
    used = [byte for start in starts for byte in range(start, start + itemsize)]
    a, b = np.arange(3 * m, dtype=dtype).reshape(m, 3), np.ones((3, n), dtype)
    if len(set(used)) < len(used):
        with pytest.raises(ValueError, match="elements of its own"):
            matmul(a, b, out=out)
        assert not memory.any()
    else:
        np.testing.assert_array_equal(matmul(a, b, out=out), a @ b)


def test_a_sliding_window_is_no_out():
    out = np.lib.stride_tricks.as_strided(np.zeros(7, np.float32), (4, 4), (4, 4))
    with pytest.raises(ValueError, match=r"got strides \(4, 4\); try a copy"):
        matmul(np.ones((4, 4), np.float32), np.ones((4, 4), np.float32), out=out)


def test_out_may_lie_between_the_columns_of_an_operand():
    both = np.zeros((6, 12))
    a, out = both[:, ::2], both[:, 1::2]
    a[...] = np.arange(36).reshape(6, 6)
    np.testing.assert_array_equal(matmul(a, np.eye(6), out=out), a)

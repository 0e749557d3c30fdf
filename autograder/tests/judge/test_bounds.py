"""Bounds on rounding errors: they hold for every order of a sum, and are not much larger than they must be."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.judge.checking import gamma, product_and_bound, roundoff


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, torch.float16, torch.float32])
def test_the_unit_roundoff_is_half_the_distance_to_the_next_number(dtype: Any):
    one = torch.ones(1, dtype=dtype).numpy() if isinstance(dtype, torch.dtype) else np.ones(1, dtype)
    assert roundoff(dtype) == float(np.finfo(one.dtype).eps) / 2
    assert roundoff(one.dtype) == roundoff(dtype)


def test_bfloat16_keeps_eight_bits():
    assert roundoff(torch.bfloat16) == torch.finfo(torch.bfloat16).eps / 2


@pytest.mark.parametrize("dtype", [np.int32, torch.int64, "complex64"])
def test_other_dtypes_have_no_roundoff(dtype: Any):
    with pytest.raises(ValueError, match="expected one of bfloat16, float16, float32, float64, got"):
        roundoff(dtype)


def test_gamma_is_the_fraction_of_the_book():
    assert gamma(0, np.float32) == 0
    part = Fraction(100, 2**24)
    assert gamma(100, np.float32) == float(part / (1 - part))


@pytest.mark.parametrize("roundings", [-1, 2**11, 10**6])
def test_where_there_is_no_bound_gamma_says_so(roundings: int):
    with pytest.raises(ValueError, match=f"expected from 0 to 2047 roundings, got {roundings}"):
        gamma(roundings, np.float16)


@given(k=st.integers(0, 60), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_a_product_stays_in_its_bound_in_every_order(k: int, seed: int):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((3, k)).astype(np.float32), rng.standard_normal((k, 2)).astype(np.float32)
    want, bound = product_and_bound(a, b)
    got = np.zeros((3, 2), np.float32)
    for p in rng.permutation(k):
        got += np.outer(a[:, p], b[p])
    assert want.dtype == np.float64
    assert (np.abs(got - want) <= bound).all()


def test_a_term_too_few_is_out_of_bounds():
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((4, 50)).astype(np.float32), rng.standard_normal((50, 4)).astype(np.float32)
    want, bound = product_and_bound(a, b)
    assert (np.abs(a[:, 1:] @ b[1:] - want) > bound).any()


def test_not_a_number_reaches_its_own_elements_alone():
    a, b = np.ones((2, 2), np.float64), np.ones((2, 2), np.float64)
    a[0, 0] = np.nan
    want, bound = product_and_bound(a, b)
    assert np.isnan(want[0]).all()
    assert (want[1] == 2).all()
    assert (bound[1] > 0).all()

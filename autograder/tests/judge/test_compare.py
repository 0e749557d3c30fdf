"""The comparisons: what they accept, what they refuse, and what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.core.result import Status
from autograder.judge.checking.compare import expect_close, expect_equal, fail
from autograder.judge.checking.failures import CheckFailure

ONES = np.ones((2, 3))


def refusal(got: object, want: object, **options) -> CheckFailure:
    with pytest.raises(CheckFailure) as caught:
        expect_close(got, want, **options)
    return caught.value


@pytest.mark.parametrize(
    ("got", "want", "word"),
    [
        (ONES.astype(np.float32), ONES, "dtype"),
        (np.ones((3, 2)), ONES, "shape"),
        (np.ones((1, 3)), ONES, "shape"),  # it would broadcast
        (np.ones(0), ONES, "shape"),
        (ONES * np.nan, ONES, "value"),
        (ONES * np.inf, ONES, "value"),
        (ONES * (1 + 1e-9), ONES, "value"),
        (ONES, ONES * np.inf, "value"),
        (-ONES * np.inf, ONES * np.inf, "value"),
        (np.array([True]), np.array([1]), "dtype"),
        (np.array([0], np.uint8), np.array([255], np.uint8), "value"),
        ([1.0, 2.0], [1.0, 3.0], "value"),
        ([1.0], [1.0, 2.0], "length"),
        ([1.0, 10**400], [1.0, 2.0], "number"),
        (float("nan"), 1.0, "value"),
        (10**400, 1.0, "number"),
    ],
)
def test_refuses_a_wrong_value(got, want, word):
    error = refusal(got, want)
    assert error.status is Status.FAILED
    assert word in error.feedback.message


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (None, ONES),
        ([[1.0] * 3] * 2, ONES),
        (ONES, [[1.0] * 3] * 2),
        ((1.0, 2.0), [1.0, 2.0]),
        ([1.0, [2.0]], [1.0, 2.0]),
        ([True], [1.0]),
        (True, 1.0),
        ("1", 1.0),
        (ONES, 1.0),
        (ONES.view(np.matrix), ONES),
    ],
)
def test_refuses_a_wrong_type(got, want):
    assert refusal(got, want).status is Status.TYPE_ERROR


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (ONES, ONES),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf])),
        (np.ones((0, 3)), np.ones((0, 3))),
        (np.array(2.0), np.array(2.0)),
        ([[1.0, 2], []], [[1.0, 2.0], []]),
        (1, 1.0),
        (np.float64(1.0), 1.0),
        (1 + 2j, 1 + 2j),
    ],
)
def test_accepts_what_is_right(got, want):
    expect_close(got, want)


def test_says_where_and_how_many():
    got = np.zeros((2, 3))
    got[1, 2] = 5
    feedback = refusal(got, np.zeros((2, 3)), call="f(a)", hint="look at the last column").feedback
    assert feedback.first_wrong == (1, 2)
    assert (feedback.wrong, feedback.total) == (1, 6)
    assert (feedback.got, feedback.expected) == ("5", "0")
    assert (feedback.call, feedback.hint) == ("f(a)", "look at the last column")


def test_a_wider_oracle_names_the_dtype():
    got = np.array([1.1, 2.2], np.float32)
    expect_close(got, np.array([1.1, 2.2]), dtype=np.float32)
    assert "dtype" in refusal(np.array([1.1, 2.2]), np.array([1.1, 2.2]), dtype=np.float32).feedback.message


def test_a_bound_an_element():
    bound = np.array([0.1, 0.001])
    expect_close(np.array([1.05, 1.0]), np.ones(2), atol=bound)
    assert refusal(np.array([1.0, 1.05]), np.ones(2), atol=bound).feedback.first_wrong == (1,)


def test_an_infinite_bound_does_not_excuse_a_wrong_infinity():
    refusal(np.array([np.inf]), np.ones(1), atol=np.inf)


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=3), elements=st.floats(-1e6, 1e6)), st.data())
def test_one_changed_element_is_found(array, data):
    index = tuple(data.draw(st.integers(0, n - 1)) for n in array.shape)
    changed = array.copy()
    changed[index] += 1.0
    assert refusal(changed, array).feedback.first_wrong == index


@pytest.mark.parametrize(
    ("got", "want", "where"),
    [
        ({"a": 1}, {"a": 2}, ("a",)),
        ({"a": 1}, {"b": 1}, None),
        ([1, [2, 3]], [1, [2, 4]], (1, 1)),
        ((1,), [1], None),
        (True, 1, None),
        (1, 1.0, None),
        (np.array([1, 2]), np.array([1, 3]), (1,)),
        ("a", "b", None),
    ],
)
def test_expect_equal_finds_the_difference(got, want, where):
    with pytest.raises(CheckFailure) as caught:
        expect_equal(got, want)
    assert caught.value.feedback.first_wrong == where


def test_expect_equal_accepts_equals():
    expect_equal(
        {"a": [1, (2.0, None)], "b": np.array([np.nan])}, {"a": [1, (2.0, None)], "b": np.array([np.nan])}
    )


def test_torch_tensors():
    torch = pytest.importorskip("torch")
    ones = torch.ones(2, 2)
    expect_close(ones, torch.ones(2, 2))
    expect_close(ones.bfloat16(), torch.ones(2, 2), dtype=torch.bfloat16)
    assert "dtype" in refusal(ones.double(), ones).feedback.message
    assert refusal(ones.numpy(), ones).status is Status.TYPE_ERROR
    assert refusal(ones * 2, ones).feedback.first_wrong == (0, 0)
    with pytest.raises(CheckFailure):
        expect_equal(ones, ones * 2)


def test_fail_carries_any_field():
    with pytest.raises(CheckFailure) as caught:
        fail("too slow", got="2.0 s", expected="1.0 s", status=Status.TIMEOUT)
    assert caught.value.status is Status.TIMEOUT
    assert caught.value.feedback.got == "2.0 s"

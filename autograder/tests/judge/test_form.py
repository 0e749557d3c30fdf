"""The form of a reply: what fits, what does not, and what the student reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.core.result import Status
from autograder.judge.checking import Array, CheckFailure, DictOf, ListOf, expect_form
from autograder.judge.checking.form import misfit
from autograder.tests.judge.small_course import CHECK, Course

FLOATS = Array(np.float64, 3, 5)
FITS = [
    (1.0, float),
    (None, object),
    (1, {int, float}),
    (np.zeros((3, 5)), FLOATS),
    (np.zeros((7, 5)), Array(np.float64, None, 5)),
    (np.zeros(2, np.int32), np.dtype(np.int32)),
    ((1, 2.0), (int, float)),
    ([[1.0], []], ListOf(ListOf(float))),
    ([(1, "a")], ListOf((object, str), 1)),
    ({"read": 1, 2: 3}, DictOf(int)),
    ({}, DictOf(int)),
]
WRONG = [
    (None, FLOATS, "expected a float64 array of shape (3, 5), got None: did you forget `return`?"),
    (
        np.zeros((3, 4)),
        FLOATS,
        "expected a float64 array of shape (3, 5), got a float64 array of shape (3, 4)",
    ),
    (np.zeros((3, 5), np.float32), FLOATS, "got a float32 array of shape (3, 5)"),
    (np.zeros(15), FLOATS, "got a float64 array of shape (15,)"),
    ([1.0], FLOATS, "got a list of 1"),
    (True, int, "expected an int, got a bool"),
    (np.float64(1), float, "expected a float, got a numpy.float64"),
    ("x", {int, float}, "expected a float or an int, got a str"),
    ((1, 2), (int, int, int), "expected a tuple (int, int, int), got a tuple of 2"),
    ([1, 2], (int, int), "expected a tuple (int, int), got a list of 2"),
    ((1, None), (int, float), "at [1]: expected a float, got None"),
    (
        [[1.0], [np.ones(2)]],
        ListOf(ListOf(float)),
        "at [1, 0]: expected a float, got a float64 array of shape (2,)",
    ),
    ([1.0], ListOf(float, 2), "expected a list of 2, each a float, got a list of 1"),
    ({"read": 1.0}, DictOf(int), "at ['read']: expected an int, got a float"),
    ([], DictOf(int), "expected a dict, each value an int, got a list of 0"),
]


@pytest.mark.parametrize(("value", "form"), FITS)
def test_a_value_that_fits_is_given_back(value: Any, form: Any):
    assert expect_form(value, form) is value


@pytest.mark.parametrize(("value", "form", "words"), WRONG)
def test_the_message_names_both_forms_and_the_place(value: Any, form: Any, words: str):
    found = misfit(value, form)
    assert found is not None
    assert found.message.endswith(words)
    assert found.got in found.message
    assert found.expected in found.message
    with pytest.raises(CheckFailure):
        expect_form(value, form)


def test_another_kind_is_a_type_error_and_another_shape_a_failure():
    kinds = [misfit(value, FLOATS) for value in (None, [1.0], np.zeros((3, 4)))]
    assert [each.status for each in kinds if each] == [Status.TYPE_ERROR, Status.TYPE_ERROR, Status.FAILED]


@pytest.mark.parametrize(
    "line",
    [
        "got = student.call('add', 1, 2, gives=Array(np.float64, 3))",
        "got, _ = student.call_keeping('add', 1, 2, gives=Array(np.float64, 3))",
        "got, _ = student.timed('add', 1, 2, gives=Array(np.float64, 3))",
    ],
)
def test_a_check_never_sees_a_reply_of_another_form(course: Course, line: str):
    """Without `gives` the second line is a failure of the grader."""
    course.checks(
        CHECK
        + f"from autograder.judge.checking import Array\ndef test_one(student):\n    {line}\n    assert got[2] == 0\n"
    )
    test = course.one("def add(a, b): pass")
    assert test.status is Status.TYPE_ERROR
    assert test.feedback.message == (
        "expected a float64 array of shape (3,), got None: did you forget `return`?"
    )
    assert test.feedback.call == "add(a 1, b 2)"
    assert course.one("import numpy as np\ndef add(a, b): return np.zeros(3)").passed


def test_a_harness_whose_answer_was_changed_is_a_protocol_error(course: Course):
    course.write(
        "autograder/checks/02_sums/harness.py", "def seen():\n    return student_function('add')(1, 2)\n"
    )
    course.checks(CHECK + "def test_one(student):\n    assert student.probe('seen', gives=int) == 3\n")
    assert course.one().passed
    test = course.one("def add(a, b): return [a, b]")
    assert test.status is Status.PROTOCOL_ERROR
    assert test.feedback.message == "seen of the harness: expected an int, got a list of 2"

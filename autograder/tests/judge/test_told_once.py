"""What a student reads when a file does not load, or when bodies are left to write."""

from __future__ import annotations

import pytest

from autograder.core.result import GradeResult, Status
from autograder.judge.worker.unwritten import unwritten, what_is_left
from autograder.tests.judge.small_course import CHECK, Course

THREE = (
    CHECK
    + """
@pytest.mark.task("02.1")
def test_one(student):
    student.call("add", 1, 2)

@pytest.mark.task("02.1")
def test_two(student):
    student.probe("double", 1)

@pytest.mark.task("02.1")
def test_three(student):
    student.raises(ValueError, "add", 1, 2)
"""
)
HARNESS = """
def double(x):
    return student_function("add")(x, x)
"""
SPLIT = """
def add(a, b):
    return _left(a) + _right(b)

def _left(a):
    '''The left one.'''
    raise NotImplementedError("02.1 add (_left): The left one.")

class Right:
    def take(self, b):
        if b:
            raise NotImplementedError(
                "02.1 add (Right.take): The "
                "right one."
            )

def other():
    raise NotImplementedError("02.2 other: Something else.")
"""


@pytest.fixture
def result(course: Course):
    course.checks(THREE, {"test_one": 1, "test_two": 1, "test_three": 1})
    course.write("autograder/checks/02_sums/harness.py", HARNESS)
    return course.grade


def messages(result: GradeResult) -> list[str]:
    return [test.feedback.message for test in result.tests]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("def add(a, b:\n  return a\n", "SyntaxError: '(' was never closed"),
        ("import no_such_thing\n", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("raise ValueError('not a number')\n", "ValueError: not a number"),
    ],
)
def test_a_file_that_does_not_load_is_told_once(result, code: str, error: str):
    found = result(code)
    assert [test.status for test in found.tests] == [Status.ERROR] * 3
    assert messages(found)[0] == f"sums.py cannot be imported: {error}"
    assert found.tests[0].feedback.traceback.startswith("sums.py:1")
    for test in found.tests[1:]:
        assert test.feedback.message == "sums.py cannot be imported: see the first failed check of 02.1 add"
        assert (test.feedback.traceback, test.feedback.path) == ("", "sums.py")


def test_an_error_in_a_call_is_told_every_time(result):
    found = result("def add(a, b):\n  return a / 0\n")
    assert [message.split(":")[0] for message in messages(found)[:2]] == ["ZeroDivisionError"] * 2
    assert all(test.feedback.traceback for test in found.tests[:2])


def test_every_body_that_is_left_is_named_with_its_place(result):
    found = result(SPLIT)
    assert found.tests[0].status is Status.NOT_IMPLEMENTED
    assert messages(found)[0] == "02.1 add: write _left and Right.take (sums.py, lines 7 and 12)"


def test_one_body_written_leaves_the_other(result):
    left = 'raise NotImplementedError("02.1 add (_left): The left one.")'
    found = result(SPLIT.replace(left, "return a").replace("_right(b)", "Right().take(b)"))
    assert messages(found)[0] == "02.1 add: write Right.take (sums.py, line 12)"


def test_emptied_bodies_are_found_in_the_source():
    assert unwritten(SPLIT, "02.1") == [("_left", 7), ("Right.take", 12)]
    assert unwritten(SPLIT, "02.2") == [("other", 18)]
    assert unwritten("def broken(:", "02.1") == []
    assert unwritten("(" * 5000, "02.1") == []


def test_other_messages_stay_as_they_are(tmp_path):
    (tmp_path / "a.py").write_text(SPLIT)
    for message in ("", "later", "02.9 gone: nowhere"):
        assert what_is_left(message, tmp_path, ["a.py", "b.py"]) == message

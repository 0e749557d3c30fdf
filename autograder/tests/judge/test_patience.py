"""An endless loop costs a task's time limit once; checks that it spares keep their points."""

from __future__ import annotations

import pytest

from autograder.core.manifest import Task
from autograder.core.result import Status
from autograder.judge.session import patience
from autograder.judge.session.patience import SHORT, Patience
from autograder.tests.judge.small_course import CHECK, Course

FOUR = (
    CHECK
    + """
@pytest.mark.task("02.1")
@pytest.mark.parametrize("n", (1, 2))
def test_one(student, n):
    expect_equal(student.call("add", n, 1), n + 1)
def test_two(student):
    expect_equal(student.call("add", 2, 2), 4)
def test_three(student):
    expect_equal(student.call("add", 3, 3), 6)
@pytest.mark.hidden
def test_four(student):
    expect_equal(student.call("add", 4, 4), 8)
"""
)
NAMES = {"test_one": 1, "test_two": 1, "test_three": 1, "test_four": 1}


@pytest.fixture
def four(course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setattr(patience, "SHORT", 0.5)
    course.checks(FOUR, NAMES, wall_seconds=2)
    return course


def test_an_endless_loop_costs_one_limit_and_a_short_one(four: Course):
    result = four.grade("def add(a, b):\n    while True: pass")
    one, two, three, hidden = result.tests
    assert one.feedback.message == "[1]: no answer within the limit of 2 s"
    assert two.status is Status.TIMEOUT
    assert two.feedback.message == (
        "no answer within the limit of 0.5 s (the limit is short because an earlier check of this task timed out)"
    )
    for test in (three, hidden):
        assert (test.status, test.points) == (Status.NOT_RUN, 0)
    assert three.feedback.message == "not run: the task timed out"
    assert result.for_student().tests[3].feedback.message == "hidden check: not run: the task timed out"
    assert result.tasks[0].status is Status.TIMEOUT
    assert not result.needs_regrade
    assert result.seconds < 8


def test_a_loop_that_only_one_check_meets_leaves_the_other_points(four: Course):
    result = four.grade("def add(a, b):\n    while a == 2 and b == 1: pass\n    return a + b")
    assert [test.status for test in result.tests] == [Status.TIMEOUT, *[Status.PASSED] * 3]


def test_code_that_a_check_calls_too_slow_has_answered(course: Course):
    slow = (
        "from autograder.judge.checking import fail\nfrom autograder.core.result import Status\n"
        "def test_{0}(student):\n    student.call('add', 1, 1)\n    fail('slow', status=Status.TIMEOUT)\n"
    )
    course.checks(
        "".join(slow.format(name) for name in ("one", "two", "three")), dict.fromkeys(list(NAMES)[:3], 1)
    )
    assert {test.status for test in course.grade().tests} == {Status.TIMEOUT}


def task(number: str, module: str) -> Task:
    data = {"id": f"01.{number}", "function": f"f{number}", "module": module, "title": "T", "points": 1}
    return Task.model_validate(data | {"checks": {f"test_{number}": 1}})


def test_a_broken_file_is_waited_for_less_and_less_by_a_student():
    """120 s for the first check, then short ones, then none: under three minutes for any number of tasks."""
    tasks = [task(str(number), "compiled.py") for number in range(1, 10)]
    other = task("99", "other.py")
    waiting = Patience(whole_files=True)
    seconds = 0.0
    for each in tasks:
        for _ in range(7):
            if not waiting.ended(each):
                seconds += waiting.limit(each, 120)
                waiting.note(each)
    assert seconds == 120 + 2 * SHORT
    assert seconds < 180
    assert (
        waiting.ended(tasks[-1])
        == "not run: 01.1 and 01.2 in compiled.py timed out; check this task by itself"
    )
    assert waiting.limit(other, 120) == 120
    assert waiting.ended(other) == ""


def test_an_official_grading_gives_each_task_its_own_time():
    first, second = task("1", "a.py"), task("2", "a.py")
    grading = Patience()
    grading.note(first)
    assert grading.reason(second) == ""
    assert grading.limit(second, 120) == 120
    assert grading.limit(first, 5) == 5
    grading.note(first)
    assert grading.ended(first)
    assert not grading.ended(second)

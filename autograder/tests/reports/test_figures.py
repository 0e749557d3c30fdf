"""What a check measures reaches the result, and from there the leaderboard; a hidden one tells students nothing."""

from __future__ import annotations

from pathlib import Path

from autograder.core.result import GradeResult, MeasuredFigure
from autograder.core.units import Unit
from autograder.tests.judge.small_course import ADD, CHECK, Course
from autograder.tests.needs import need_sandbox

MEASURED = (
    CHECK
    + """
@pytest.mark.task("02.1")
def test_one(student, rng):
    student.figure("speed", 2.5, "x")
    expect_equal(student.call("add", 1, 2), 3)

@pytest.mark.hidden
@pytest.mark.task("02.1")
def test_two(student, rng):
    student.figure("bytes", 80, "MB", better="lower")
    expect_equal(student.call("add", 2, 2), 4)
"""
)


def test_a_measured_figure_is_kept(tmp_path: Path):
    need_sandbox()
    course = Course(Unit("02_sums", tmp_path), tmp_path)
    course.checks(MEASURED, {"test_one": 1, "test_two": 1})
    course.write("assignments/02_sums/sums.py", "")
    course.write("assignments/02_sums/helpers.py", "")
    course.write("reference/__init__.py", "")
    result = course.grade(ADD)
    assert result.points == 2, result
    assert result.tests[0].figures == (MeasuredFigure(name="speed", value=2.5, unit="x"),)
    assert result.tests[1].figures[0].better == "lower"
    assert GradeResult.from_json(result.to_json()) == result
    shown = result.for_student()
    assert shown.tests[0].figures == result.tests[0].figures
    assert shown.tests[1].figures == ()

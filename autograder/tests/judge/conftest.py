"""A miniature course in a temporary folder, graded in the real sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.core.units import Unit
from autograder.tests.judge.small_course import Course
from autograder.tests.needs import need_sandbox


@pytest.fixture
def bare_course(tmp_path: Path) -> Course:
    """The course alone: for tests that need no sandbox."""
    course = Course(Unit("02_sums", tmp_path), tmp_path)
    course.checks()
    course.write("assignments/02_sums/sums.py", "def add(a, b):\n    raise NotImplementedError('02.1 add')\n")
    course.write("assignments/02_sums/helpers.py", "SECRET = 'given by the course'\n")
    course.write("assignments/01_early/README.md", "")
    course.write("reference/__init__.py", "")
    course.write("reference/shared/__init__.py", "VALUE = 'shared'\n")
    course.write("reference/early/__init__.py", "VALUE = 'unit 01'\n")
    course.write("reference/sums/__init__.py", "VALUE = 'the solution'\n")
    return course


@pytest.fixture
def course(bare_course: Course) -> Course:
    need_sandbox()
    return bare_course

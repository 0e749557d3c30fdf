"""A miniature course, a git server, and a class that hands in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.core.units import Unit
from autograder.tests.judge.small_course import Course
from autograder.tests.needs import need_sandbox
from autograder.tests.roster.gitserver import GitServer, git_server
from autograder.tests.roster.small_class import THREE, make_course


@pytest.fixture
def bare_course(tmp_path: Path) -> Course:
    """The course alone: for tests that need no sandbox."""
    root = tmp_path / "course"
    return make_course(Course(Unit("02_sums", root), root))


@pytest.fixture
def course(bare_course: Course) -> Course:
    """Three checks of two, three and five points."""
    need_sandbox()
    bare_course.checks(THREE, {"test_adds": 2, "test_floats": 3, "test_empty": 5})
    return bare_course


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with git_server(tmp_path / "server") as found:
        yield found

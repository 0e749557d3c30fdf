"""The arena of every test here."""

from __future__ import annotations

import pytest

from autograder.core.units import Unit
from autograder.tests.adversarial.arena import Arena, short_unit
from autograder.tests.judge.conftest import bare_course, course
from autograder.tests.judge.small_course import Course

__all__ = ["bare_course", "course"]


@pytest.fixture(scope="session")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    return short_unit(tmp_path_factory.mktemp("unit01"))


@pytest.fixture
def arena(course: Course, unit: Unit) -> Arena:
    return Arena(course, unit)

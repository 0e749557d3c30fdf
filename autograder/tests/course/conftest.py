from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from autograder.course.release import write_starters
from autograder.course.units import Unit
from autograder.tests.course.mini import make_course

# How long an example takes is no property of the code: the machine may be busy.
settings.register_profile("course", deadline=None)
settings.load_profile("course")


@pytest.fixture
def raw_unit(tmp_path: Path) -> Unit:
    """Unit 01_tiny of a miniature course, before its starters are written."""
    return make_course(tmp_path / "course")


@pytest.fixture
def unit(raw_unit: Unit) -> Unit:
    """Unit 01_tiny of a miniature course."""
    write_starters(raw_unit)
    return raw_unit

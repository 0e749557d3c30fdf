"""What all tests of the autograder need."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import settings

from autograder.core.units import Unit
from autograder.release.starters import write_starters
from autograder.tests.mini import make_course
from autograder.tests.pinned import make_environment
from reference.tests.effort import tries

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Who starts the tests in the background of a shell hands down a deaf ear for Ctrl-C, which some tests press.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("course", tries())
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


@pytest.fixture(scope="session")
def pinned_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the pinned packages only, in a folder called `.venv`."""
    return make_environment(tmp_path_factory.mktemp("pinned") / ".venv")

"""The commands as a student meets them: in the released tree of a week."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from autograder.core.units import Unit
from autograder.release.student_tree import student_tree
from autograder.tests.mini import make_course_with_tools
from autograder.tests.tree import mlsys

pytestmark = pytest.mark.slow

FOR_STUDENTS = {"lab", "check", "reset", "status", "run", "units", "doctor", "slides"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("released")
    student_tree(Unit("01_tiny", make_course_with_tools(folder)), folder / "week")
    return folder / "week"


def told(done: subprocess.CompletedProcess[str]) -> str:
    text = done.stdout + done.stderr
    assert "Traceback" not in text, text
    assert "internal error" not in text, text
    return " ".join(text.split())


def test_help_shows_what_serves_here(tree: Path):
    done = mlsys(tree, "--help", TERM="dumb", COLUMNS="120")
    assert done.returncode == 0
    names = set(re.findall(r"^[^\w\n]*([a-z][a-z0-9-]+) {2,}[A-Z]", done.stdout, re.MULTILINE))
    assert names == FOR_STUDENTS, done.stdout
    assert "For instructors" not in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("grade", "01", "x"),
        ("release", "--check"),
        ("mark", "--help"),
        ("classroom50", "bundle"),
        ("test", "-k", "x"),
    ],
)
def test_what_does_not_serve_here_says_why(tree: Path, arguments: tuple[str, ...]):
    done = mlsys(tree, *arguments)
    assert done.returncode == 2
    assert f"./mlsys {arguments[0]} does not work here: " in told(done)
    assert len(done.stderr.strip().splitlines()) == 1


def test_there_is_no_benchmark_of_an_answer_that_is_not_here(tree: Path):
    done = mlsys(tree, "bench", "01")
    assert done.returncode == 2
    assert "a benchmark measures the solution, which a student tree does not have" in told(done)
    assert mlsys(tree, "bench", "autograder").returncode == 2


def test_the_grid_does_not_miss_the_answers(tree: Path):
    assert "has no" not in told(mlsys(tree, "units"))

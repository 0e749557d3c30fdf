"""`./mlsys test` and `./mlsys bench`: what they run, what they print, and their exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from autograder.course.units import course_root
from autograder.tests.tree import copy_tree, mlsys

TESTS = """
import os
import pytest

def test_quick():
    assert os.environ.get("BREAK") != "quick"

@pytest.mark.slow
def test_slow():
    assert os.environ.get("BREAK") != "slow"
"""
BENCHMARK = """
from reference.benchmarks.report import Figure, Report

def run(*, quick=False):
    print("a line of a library that talks")
    value = 2.0 if quick else 1.0
    return Report("tiny", (
        Figure("ratio", value, "ratio", "higher", 1.5),
        Figure("seconds", 0.5, "s", "lower", 1.0),
        Figure("plain", 7.0, "GFLOP/s", "higher"),
    ))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The course with two tests, and one benchmark of a unit that has only slides."""
    root = copy_tree(tmp_path / "course", "autograder", "reference")
    for folder in ("autograder/tests", "reference/tests"):
        shutil.rmtree(root / folder)
        (root / folder).mkdir()
    shutil.copy2(course_root() / "pyproject.toml", root)
    (root / "reference" / "tests" / "test_two.py").write_text(TESTS)
    (root / "reference" / "benchmarks" / "tiny.py").write_text(BENCHMARK)
    (root / "slides").mkdir()
    (root / "slides" / "81_tiny.md").touch()
    (root / "slides" / "82_other.md").touch()
    return root


@pytest.mark.slow
def test_all_tests_run_and_the_exit_code_is_pytests(tree: Path):
    passed = mlsys(tree, "test")
    assert (passed.returncode, "2 passed" in passed.stdout) == (0, True), passed.stdout + passed.stderr
    failed = mlsys(tree, "test", "-q", BREAK="slow")
    assert (failed.returncode, "1 failed, 1 passed" in failed.stdout) == (1, True)


@pytest.mark.slow
def test_fast_leaves_the_slow_tests_out(tree: Path):
    done = mlsys(tree, "test", "--fast", BREAK="slow")
    assert (done.returncode, "1 passed, 1 deselected" in done.stdout) == (0, True), done.stdout


@pytest.mark.slow
def test_other_words_go_to_pytest(tree: Path):
    done = mlsys(tree, "test", "--fast", "-k", "no_such_test")
    assert (done.returncode, "2 deselected" in done.stdout) == (5, True), done.stdout
    assert mlsys(tree, "test", "no/such/file.py").returncode == 4


def test_a_benchmark_prints_a_table_and_json(tree: Path):
    done = mlsys(tree, "bench", "81", "--quick")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert set(report) == {"unit", "machine", "date", "figures"}
    assert report["figures"][0] == {
        "name": "ratio", "value": 2.0, "unit": "ratio", "better": "higher", "target": 1.5, "met": True,
    }  # fmt: skip
    assert report["figures"][2]["met"] is None
    assert "at most 1" in done.stderr
    assert "GFLOP/s" in done.stderr


def test_a_missed_target_is_named_and_is_exit_code_1(tree: Path):
    done = mlsys(tree, "bench", "tiny", "--json", "out.json")
    assert done.returncode == 1
    assert "target missed: ratio: 1 ratio, expected at least 1.5" in done.stderr
    assert done.stdout == ""
    assert json.loads((tree / "out.json").read_text())["figures"][0]["met"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["99"], "unknown unit '99'"),
        (["82"], "there is no benchmark of 82\n  expected: reference/benchmarks/other.py"),
        (["81", "--json", "no/such/folder/x.json"], "cannot write no/such/folder/x.json"),
        (["81", "--json", "reference"], "cannot write reference"),
    ],
)
def test_what_cannot_be_measured_is_one_message(tree: Path, arguments: list[str], message: str):
    done = mlsys(tree, "bench", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr

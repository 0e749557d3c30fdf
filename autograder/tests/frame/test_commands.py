"""`./mlsys test` and `./mlsys bench`: what they run, what they print, and their exit codes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from autograder.commands.test import both
from autograder.core.units import course_root
from autograder.tests.tree import copy_tree, mlsys
from reference.shared.machine import usable_cores

TESTS = """
import os
import pytest

def test_quick():
    assert os.environ.get("BREAK") != "quick"

@pytest.mark.slow
def test_slow():
    assert os.environ.get("BREAK") != "slow"

@pytest.mark.alone
def test_alone(request):
    assert not hasattr(request.config, "workerinput"), "one of several workers runs it"
    assert os.environ.get("BREAK") != "alone"
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
    (root / "reference/benchmarks/tiny").mkdir()
    (root / "reference/benchmarks/tiny/bench.py").write_text(BENCHMARK)
    (root / "slides").mkdir()
    (root / "slides" / "81_tiny.md").touch()
    (root / "slides" / "82_other.md").touch()
    return root


def counts(text: str) -> list[str]:
    """What pytest's closing lines count, one line a run."""
    return [found.strip("= ") for found in re.findall(r"^(.*) in [\d.]+s\b", text, re.MULTILINE)]


@pytest.mark.slow
def test_all_tests_run_and_the_exit_code_is_pytests(tree: Path):
    passed = mlsys(tree, "test", "--durations=1")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    together, alone = counts(passed.stdout) if usable_cores() > 1 else ("2 passed", "1 passed, 2 deselected")
    assert (together, alone) == ("2 passed", "1 passed, 2 deselected")
    failed = mlsys(tree, "test", "-q", BREAK="slow")
    assert (failed.returncode, failed.stdout.count("1 failed")) == (1, 1), failed.stdout


@pytest.mark.slow
def test_fast_leaves_the_slow_tests_out(tree: Path):
    done = mlsys(tree, "test", "--fast", BREAK="slow")
    assert done.returncode == 0, done.stdout
    assert counts(done.stdout)[-1] in {"1 passed, 2 deselected", "2 passed, 1 deselected"}, done.stdout


@pytest.mark.slow
def test_other_words_go_to_pytest(tree: Path):
    done = mlsys(tree, "test", "--fast", "-k", "no_such_test")
    assert (done.returncode, counts(done.stdout)) == (5, ["3 deselected"]), done.stdout
    one = mlsys(tree, "test", "-x", BREAK="slow")
    assert (one.returncode, counts(one.stdout)) == (1, ["1 failed, 1 passed"]), (
        "in their order, and no other run"
    )
    assert mlsys(tree, "test", "no/such/file.py").returncode == 4


@pytest.mark.parametrize(
    ("first", "second", "code"), [(0, 0, 0), (0, 1, 1), (1, 0, 1), (0, 5, 0), (5, 1, 1), (5, 5, 5), (1, 4, 4)]
)
def test_two_runs_have_one_exit_code(first: int, second: int, code: int):
    assert both(first, second) == code


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
        (["82"], "there is no benchmark of 82\n  expected: reference/benchmarks/other/bench.py"),
        (["81", "--json", "no/such/folder/x.json"], "cannot write no/such/folder/x.json"),
        (["81", "--json", "reference"], "cannot write reference"),
    ],
)
def test_what_cannot_be_measured_is_one_message(tree: Path, arguments: list[str], message: str):
    done = mlsys(tree, "bench", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr

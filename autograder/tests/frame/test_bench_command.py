"""`./mlsys bench`: what it runs, what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.tests.tree import copy_tree, mlsys

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
    """The course with one benchmark of a unit that has only slides."""
    root = copy_tree(tmp_path / "course", "autograder", "reference")
    (root / "reference/benchmarks/tiny").mkdir()
    (root / "reference/benchmarks/tiny/bench.py").write_text(BENCHMARK)
    (root / "slides").mkdir()
    (root / "slides" / "81_tiny.md").touch()
    (root / "slides" / "82_other.md").touch()
    return root


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
    done = mlsys(tree, "bench", "tiny", "--out", "out.json")
    assert done.returncode == 1
    assert "target missed: ratio: 1 ratio, expected at least 1.5" in done.stderr
    assert done.stdout == ""
    assert json.loads((tree / "out.json").read_text())["figures"][0]["met"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["99"], "unknown unit '99'"),
        (["82"], "there is no benchmark of 82\n  expected: reference/benchmarks/other/bench.py"),
        (["81", "--out", "no/such/folder/x.json"], "cannot write no/such/folder/x.json"),
        (["81", "--out", "reference"], "cannot write reference"),
    ],
)
def test_what_cannot_be_measured_is_one_message(tree: Path, arguments: list[str], message: str):
    done = mlsys(tree, "bench", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr

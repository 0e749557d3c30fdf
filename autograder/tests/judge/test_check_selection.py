"""A run of one task reads only the check files with its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.judge.check_selection import files_defining


@pytest.fixture
def checks(tmp_path: Path) -> Path:
    (tmp_path / "test_one.py").write_text("def test_a(student):\n    pass\n")
    (tmp_path / "test_two.py").write_text(
        "from test_one import test_a\n\n\nclass TestB:\n    def test_b(self): ...\n"
    )
    (tmp_path / "test_three.py").write_text(
        "import helper\n\nfor name in ():\n    pass\n\ndef test_c():\n  1\n"
    )
    (tmp_path / "helper.py").write_text("def test_d():\n    pass\n")
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (None, ["test_one", "test_three", "test_two"]),
        (["test_a"], ["test_one"]),
        (["test_b"], ["test_one", "test_two"]),
        (["test_a", "test_c"], ["test_one", "test_three"]),
        ([], []),
        (["test_made_elsewhere"], ["test_one", "test_three", "test_two"]),
    ],
    ids=["all", "one file", "an import follows", "two files", "nothing", "not in plain sight"],
)
def test_the_files_of_some_tests(checks: Path, wanted: list[str] | None, names: list[str]):
    assert [path.stem for path in files_defining(checks, wanted)] == names

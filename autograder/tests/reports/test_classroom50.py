"""The bundle for Classroom 50, run as its runner runs it, leaves a result.json of the published contract."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from autograder.core.result import Status
from autograder.core.units import CourseError, Unit, course_root
from autograder.release.bundle import bundle_files, write_bundle
from autograder.release.starters import write_starters
from autograder.release.student_tree import student_tree
from autograder.reports.classroom50 import document
from autograder.tests.mini import make_course, make_course_with_tools
from autograder.tests.needs import need_sandbox
from autograder.tests.reports import sample

RUNNER = {
    "CLASSROOM": "mlsys-26",
    "ASSIGNMENT": "tiny",
    "SUBMISSION_TAG": "submit/2026-11-21T09-00-00Z-abc1234",
    "OWNER": "ada",
    "ASSIGNMENT_TYPE": "individual",
    "COMMIT_URL": "https://github.com/class/mlsys-26-tiny-ada/commit/abc1234",
    "RELEASE_URL": "https://github.com/class/mlsys-26-tiny-ada/releases/tag/submit%2Fx",
    "REVIEW_URL": "https://github.com/class/mlsys-26-tiny-ada/compare/a...b",
}
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ")
REQUIRED = {
    "schema": str,
    "classroom": str,
    "assignment": str,
    "assignment_type": str,
    "owner": str,
    "submission": str,
    "commit": str,
    "release": str,
    "review": str,
    "datetime": str,
    "score": int,
    "max-score": int,
    "tests": list,
}
OPTIONAL = {"graded_at", "submitted_by"}


def check_contract(found: dict[str, Any]) -> None:
    """Every rule of result-v1.schema.json, and the two that it leaves to code."""
    assert set(REQUIRED) <= set(found) <= set(REQUIRED) | OPTIONAL
    for key, kind in REQUIRED.items():
        assert type(found[key]) is kind, key
        assert kind is not str or found[key], key
    assert found["schema"] == "classroom50/result/v1"
    assert found["assignment_type"] in {"individual", "group"}
    assert found["submission"].startswith("submit/")
    assert TIME.fullmatch(found["datetime"])
    assert TIME.fullmatch(found.get("graded_at", found["datetime"]))
    assert 0 <= found["score"] <= found["max-score"]
    for test in found["tests"]:
        assert {"test-name", "passed", "score", "max-score"} == set(test)
        assert type(test["passed"]) is bool
        assert isinstance(test["test-name"], str)
        assert test["test-name"]
        assert type(test["score"]) is int
        assert type(test["max-score"]) is int
        assert 0 <= test["score"] <= test["max-score"]


NOW = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)


def test_the_document_key_by_key():
    found = document(sample.result({"test_add_sums": Status.FAILED}), RUNNER, NOW)
    check_contract(found)
    assert found["owner"] == "ada"
    assert (found["score"], found["max-score"]) == (6, 9)
    assert found["datetime"] == "2026-11-21T09:05:00Z"
    assert [test["test-name"] for test in found["tests"]][:2] == [
        "01.1 add: sums",
        "01.1 add: keeps its input",
    ]
    assert "hidden_zeros" not in json.dumps(found)


def test_the_runners_own_names_will_do():
    """Its source passes USERNAME, and no review where there is nothing to compare."""
    environment = {
        key: value for key, value in RUNNER.items() if key not in {"OWNER", "REVIEW_URL", "ASSIGNMENT_TYPE"}
    }
    found = document(sample.result(), environment | {"USERNAME": "bo"}, NOW)
    check_contract(found)
    assert (found["owner"], found["review"]) == ("bo", RUNNER["COMMIT_URL"])


@pytest.mark.parametrize(
    "name", ["CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL", "OWNER"]
)
def test_a_missing_variable_is_named(name: str):
    with pytest.raises(CourseError, match=name):
        document(sample.result(), RUNNER | {name: " "}, NOW)


def test_a_wrong_tag_or_type_is_named():
    with pytest.raises(CourseError, match="SUBMISSION_TAG"):
        document(sample.result(), RUNNER | {"SUBMISSION_TAG": "v1"}, NOW)
    with pytest.raises(CourseError, match="ASSIGNMENT_TYPE"):
        document(sample.result(), RUNNER | {"ASSIGNMENT_TYPE": "pair"}, NOW)


def test_the_bundle_of_unit_01_holds_no_answers_and_fits():
    unit = Unit("01_matmul_cpu", course_root())
    files = bundle_files(unit)
    assert {"autograder.py", "README.md", "course/mlsys", "course/autograder/judge/grading.py"} <= set(files)
    assert not [
        path for path in files if path.startswith(("course/labs", "course/slides", "course/reference/matmul"))
    ]
    text = b"\n".join(
        file.content for path, file in files.items() if "checks/" in path or "assignments/" in path
    )
    assert b"pytest.mark.hidden" not in text
    assert sum(len(file.content) for file in files.values()) < 3_000_000


def test_a_bundle_replaces_a_bundle_alone(tmp_path: Path):
    unit = make_course(tmp_path / "course")
    write_starters(unit)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine.txt").write_text("x")
    with pytest.raises(CourseError, match="has other files"):
        write_bundle(unit, tmp_path / "b")
    written = write_bundle(unit, tmp_path / "c")
    assert written == write_bundle(unit, tmp_path / "c")
    assert "01_tiny" in (tmp_path / "c" / "autograder.py").read_text()


def run(bundle: Path, checkout: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """What the runner does: its python3 on the entry point, in the checkout."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "GITHUB"))
    }
    return subprocess.run(
        [sys.executable, str(bundle / "autograder.py")],
        cwd=checkout,
        env=environment | RUNNER | more,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
def test_the_bundle_grades_a_students_checkout(tmp_path: Path):
    need_sandbox()
    root = make_course_with_tools(tmp_path)
    unit = Unit("01_tiny", root)
    bundle, checkout = tmp_path / "bundle", tmp_path / "checkout"
    write_bundle(unit, bundle)
    student_tree(unit, checkout)

    done = run(bundle, checkout)
    assert done.returncode == 0, done.stderr
    found = json.loads((checkout / "result.json").read_text())
    check_contract(found)
    assert (found["score"], found["max-score"]) == (0, 6), "the hidden check is not in the bundle"

    # The student solves a task, forges what they can reach, and puts a link where the result will be.
    target = tmp_path / "outside.txt"
    target.write_text("outside")
    (checkout / "result.json").unlink()
    (checkout / "result.json").symlink_to(target)
    (checkout / "work/01_tiny/ops.py").write_text(
        "def add(a, b):\n    return [x + y for x, y in zip(a, b)]\n"
    )
    for path in (checkout / "autograder/checks/01_tiny").glob("test_*.py"):
        path.write_text("def test_add_sums(): pass\n")
    manifest = checkout / "assignments/01_tiny/assignment.toml"
    manifest.write_text(manifest.read_text().replace("= 2", "= 2000"))
    (checkout / "sitecustomize.py").write_text("raise SystemExit(7)\n")
    (checkout / "json.py").write_text("raise SystemExit(7)\n")
    done = run(bundle, checkout)
    assert done.returncode == 0, done.stderr
    found = json.loads((checkout / "result.json").read_text())
    check_contract(found)
    assert (found["score"], found["max-score"]) == (5, 6)
    assert target.read_text() == "outside"
    assert "5 of 6 points" in (checkout / "release-body.md").read_text()

    shutil.rmtree(checkout / "work")
    assert run(bundle, checkout).returncode == 0
    found = json.loads((checkout / "result.json").read_text())
    check_contract(found)
    assert found["score"] == 0

    done = run(bundle, checkout, CLASSROOM="")
    assert done.returncode == 2
    assert "CLASSROOM" in done.stderr

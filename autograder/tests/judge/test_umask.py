"""Files that only their owner can read: a strict umask costs no point, and a fault of the grader is no zero."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.core.files import open_to_all
from autograder.core.result import Status
from autograder.core.units import course_root
from autograder.judge import grading, intake
from autograder.tests.judge.small_course import ADD, ONE, Course

IMPORTS = (
    "import helpers\nfrom reference.shared import VALUE\nfrom reference.early import VALUE as EARLY\n" + ADD
)
BASELINE = (
    ONE
    + """
@pytest.mark.task("02.1")
def test_two(student, baseline):
    expect_equal(baseline.call("add", 1, 2), student.call("add", 1, 2))
"""
)


@pytest.fixture(params=["000", "002", "022", "027", "077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(int(request.param, 8))
    yield int(request.param, 8)
    os.umask(before)


def test_every_umask_gives_the_same_points(umask: int, course: Course):
    """The course is cloned, and the submission is staged, with this umask."""
    for name in ("shared", "early"):
        course.write(f"reference/{name}/more.py", "X = 1\n").chmod(0o666 & ~umask)
        (course.root / "reference" / name / "__init__.py").chmod(0o666 & ~umask)
        (course.root / "reference" / name).chmod(0o777 & ~umask)
    course.checks(BASELINE, {"test_one": 1, "test_two": 1})
    course.write("autograder/checks/02_sums/baseline.py", ADD)
    result = course.grade(IMPORTS)
    assert result.points == 2, [test.feedback for test in result.tests]


@pytest.mark.usefixtures("umask")
def test_a_folder_is_open_to_all_with_any_umask(tmp_path: Path):
    open_to_all(tmp_path / "a" / "b")
    assert {each.stat().st_mode & 0o777 for each in (tmp_path / "a", tmp_path / "a" / "b")} == {0o755}


@pytest.mark.skipif(os.geteuid() != 0, reason="the worker is the same user unless root grades")
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_files_that_the_worker_cannot_read_are_the_graders_fault(
    course: Course, monkeypatch: pytest.MonkeyPatch, closed: str
):
    staged = intake.stage

    def stage(unit: object, manifest: object, submission: object, to: Path) -> object:
        found = staged(unit, manifest, submission, to)  # pyright: ignore[reportArgumentType]
        (to / "sums.py" if closed == "file" else to).chmod(0o600)
        return found

    monkeypatch.setattr(grading, "stage", stage)
    result = course.grade()
    assert result.needs_regrade
    assert "the worker cannot read /submission" in result.tests[0].feedback.message


@pytest.mark.skipif(os.geteuid() != 0, reason="the worker is the same user unless root grades")
def test_packages_that_the_worker_cannot_read_are_the_graders_fault(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """As in an environment that was installed with umask 077: the grader has the package, the worker has not."""
    lost = tmp_path / "packages"
    lost.mkdir()
    (lost / "only_here.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(str(lost))
    manifest = course.root / "assignments/02_sums/assignment.toml"
    manifest.write_text(manifest.read_text().replace('preload = ["numpy"]', 'preload = ["only_here"]'))
    found = course.one("import only_here\n" + ADD)
    assert found.status is Status.INFRA_ERROR
    assert "cannot import only_here, which the grader can" in found.feedback.message


def test_a_preload_that_nobody_has_is_no_fault(course: Course):
    manifest = course.root / "assignments/02_sums/assignment.toml"
    manifest.write_text(manifest.read_text().replace('"numpy"', '"numpy", "nobody_has_this"'))
    assert course.one().passed


def test_one_error_before_any_line_of_the_submission_is_the_graders_fault(course: Course):
    """The file becomes unreadable after the worker looked at it: no check can start."""
    closing = """
def closed(student):
    student.session.ready()
    (student.session.plan.submission / "sums.py").chmod(0)
    return student
"""
    course.checks(ONE.replace("student.call", "closed(student).call") + closing)
    found = course.one()
    assert found.status is Status.INFRA_ERROR, found.feedback
    assert "no check could start" in found.feedback.message


@pytest.mark.parametrize(
    "code",
    [
        "open('/nowhere')\n" + ADD,  # a line of the student's own
        "raise PermissionError('/submission/sums.py')\n",
        "import no_such_module\n",
        "def add(:\n",
        "x = '\\0'\0\n",
    ],
)
def test_errors_of_the_submission_stay_the_students(course: Course, code: str):
    assert course.one(code).status is Status.ERROR


def test_the_packages_are_installed_for_every_user(tmp_path: Path):
    """The sandbox's user reads them: a umask of 077 must not close the environment."""
    code = (
        "import os, pathlib, sys; import autograder.bootstrap as b; os.umask(0o077); b.is_ready = lambda *_: True; "
        "b.main(pathlib.Path(sys.argv[1])); print(oct(os.umask(0)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=course_root(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "0o22"

"""Taking submissions in: what is copied, what is refused, and what students are told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.core.manifest import unit_manifest
from autograder.core.result import Status
from autograder.core.units import CourseError
from autograder.judge import intake
from autograder.judge.grading import grade_submission
from autograder.judge.intake import InvalidSubmissionError, stage
from autograder.tests.judge.small_course import ADD, Course


def take(course: Course, folder: Path) -> tuple[intake.Staged, Path]:
    to = course.root / "staged"
    to.mkdir(exist_ok=True)
    return stage(course.unit, unit_manifest(course.unit), folder, to), to


def test_copies_what_the_manifest_names_and_nothing_else(bare_course: Course):
    folder = bare_course.submission()
    for name in ("conftest.py", "pytest.ini", "results.json", "helpers.py", "sitecustomize.py"):
        (folder / name).write_text("hostile")
    staged, to = take(bare_course, folder)
    assert sorted(path.name for path in to.iterdir()) == ["helpers.py", "sums.py"]
    assert (to / "helpers.py").read_text() == "SECRET = 'given by the course'\n"
    assert [file.path for file in staged.files] == ["sums.py"]
    assert staged.sha256("sums.py")


@pytest.mark.parametrize("kind", ["link", "sibling", "dangling", "fifo", "folder", "large"])
def test_refuses(bare_course: Course, kind: str):
    folder = bare_course.submission(None)
    target = folder / "sums.py"
    if kind == "link":
        target.symlink_to("/etc/passwd")
    elif kind == "sibling":
        bare_course.write("desks/eve/sums.py", ADD)
        target.symlink_to("../eve/sums.py")
    elif kind == "dangling":
        target.symlink_to("nowhere")
    elif kind == "fifo":
        os.mkfifo(target)
    elif kind == "folder":
        target.mkdir()
    else:
        target.write_bytes(b"#" * (intake.MAX_BYTES + 1))
    with pytest.raises(InvalidSubmissionError) as caught:
        take(bare_course, folder)
    assert "sums.py" in str(caught.value)


def test_a_link_makes_the_whole_submission_invalid(course: Course):
    folder = course.submission(None)
    (folder / "sums.py").symlink_to("/etc/passwd")
    result = grade_submission(course.unit, folder)
    assert {test.status for test in result.tests} == {Status.INVALID_SUBMISSION}
    assert result.points == 0
    assert "symbolic link" in result.tests[0].feedback.message


def test_a_name_in_another_case_is_named(bare_course: Course):
    folder = bare_course.submission(None)
    (folder / "Sums.PY").write_text(ADD)
    staged, _ = take(bare_course, folder)
    assert staged.missing == {"sums.py": "the submission has Sums.PY but no sums.py: rename the file"}


def test_odd_names_do_no_harm(bare_course: Course):
    folder = bare_course.submission()
    for name in (b"\xff\xfe.py", b"new\nline.py", b"-rf.py", b"..py"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("x")
    staged, _ = take(bare_course, folder)
    assert all(note.isprintable() or "\n" in note for note in staged.notes)
    "".join(staged.notes).encode()


def test_no_folder_is_a_plain_message(bare_course: Course):
    with pytest.raises(CourseError) as caught:
        take(bare_course, bare_course.root / "nobody")
    assert "nobody" in str(caught.value)


def test_given_files_come_from_the_reference_when_there_are_no_starters(bare_course: Course):
    (bare_course.unit.assignment / "helpers.py").unlink()
    bare_course.write("reference/sums/helpers.py", "SECRET = 'from the reference'\n")
    bare_course.write("reference/sums/sums.py", ADD)
    _, to = take(bare_course, bare_course.submission())
    assert "from the reference" in (to / "helpers.py").read_text()

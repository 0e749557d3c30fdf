"""Taking submissions in: what is copied, what is refused, and what students are told."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import cast

import pytest

from autograder.core.manifest import unit_manifest
from autograder.core.result import Status
from autograder.core.units import CourseError
from autograder.judge import intake
from autograder.judge.grading import grade_submission
from autograder.judge.intake import InvalidSubmissionError, stage, take_in
from autograder.judge.submission import MAX_BYTES, Entry, Kind, Submission
from autograder.tests.judge.small_course import ADD, Course


def take(course: Course, folder: Path) -> tuple[intake.Staged, Path]:
    to = course.root / "staged"
    to.mkdir(exist_ok=True)
    manifest = unit_manifest(course.unit)
    return stage(course.unit, manifest, take_in(folder, manifest), to), to


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
        target.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(InvalidSubmissionError) as caught:
        take(bare_course, folder)
    assert "sums.py" in str(caught.value)


REFUSALS = {
    "link": "sums.py is a symbolic link; hand in the file itself",
    "folder": "sums.py is not a regular file",
    "large": "sums.py has 3 MB; the limit for a source file is 1 MB",
    "unreadable": "sums.py cannot be read: Permission denied",
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_what_was_read_before_is_refused_with_the_same_words(bare_course: Course, kind: str):
    why = "cannot be read: Permission denied" if kind == "unreadable" else ""
    entry = Entry("sums.py", cast("Kind", kind), size=3 << 20 if kind == "large" else 0, why=why)
    travelled = Submission.from_data(json.loads(json.dumps(Submission((entry,)).to_data())))
    with pytest.raises(InvalidSubmissionError, match=re.escape(REFUSALS[kind])):
        stage(bare_course.unit, unit_manifest(bare_course.unit), travelled, bare_course.root / "staged")


def test_a_submission_travels_and_keeps_its_hash(bare_course: Course):
    folder = bare_course.submission()
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.py")).write_text("x")
    found = Submission.of_folder(folder, unit_manifest(bare_course.unit))
    again = Submission.from_data(json.loads(json.dumps(found.to_data())))
    assert again == found
    assert again.sha256 == found.sha256
    assert len(found.neighbours) == 1


def test_the_hash_tells_kinds_and_contents_apart():
    kinds = [
        Entry("a.py", "link"),
        Entry("a.py", "folder"),
        Entry("a.py", "file"),
        Entry("a.py", "file", b"x"),
    ]
    kinds += [Entry("a.py", "large", size=1), Entry("a.py", "unreadable", why="x"), Entry("b.py", "file")]
    every = [Submission((entry,)) for entry in kinds]
    every += [Submission(()), Submission((), refused="x"), Submission((), ("x.py",))]
    assert len({each.sha256 for each in every}) == len(every)
    assert Submission((), ("x.py",)).content == Submission(()).content


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

"""The gradebook and its journal: whole or not at all, and never changed afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.core.append_log import Journal
from autograder.core.manifest import unit_manifest
from autograder.core.result import Feedback, Grader, GradeResult, Status, TaskResult, TestResult
from autograder.core.units import CourseError
from autograder.reports.class_report import write_class
from autograder.roster.gradebook import Gradebook
from autograder.roster.standing import Standing
from autograder.tests.judge.small_course import Course
from autograder.tests.roster.small_class import person


def result(status: Status = Status.PASSED) -> GradeResult:
    points = int(status is Status.PASSED)
    test = TestResult(
        name="test_one", task="02.1", status=status, points=points, max_points=1, feedback=Feedback()
    )
    task = TaskResult(id="02.1", function="add", title="Add", points=points, max_points=1, tests=(test,))
    return GradeResult(
        unit="02_sums",
        submission="x",
        files=(),
        tasks=(task,),
        points=points,
        max_points=1,
        tier="bubblewrap",
        seed=7,
        started="2026-11-21T00:00:00+00:00",
        seconds=0.1,
        grader=Grader(version="1", manifest_sha256="m", checks_sha256="c"),
        machine={},
    )


def standing(id: str, status: Status = Status.PASSED) -> Standing:
    found = result(status)
    return Standing(person=person(id, f"/{id}"), result=found, key="k", points=found.points, max_points=1)


def test_an_entry_is_kept_with_its_files(tmp_path: Path):
    book = Gradebook(tmp_path)
    assert book.result("k") is None
    book.put("k", result(), {"sums.py": b"x = 1\n"})
    assert Gradebook(tmp_path).result("k") == result()
    assert (tmp_path / "entries/k/files/sums.py").read_bytes() == b"x = 1\n"
    assert [event["event"] for event in book.journal] == ["graded"]


def test_a_failure_of_the_grader_is_not_final(tmp_path: Path):
    book = Gradebook(tmp_path)
    book.put("k", result(Status.INFRA_ERROR), {})
    assert book.result("k") is None
    assert (tmp_path / "entries/k/failed.json").exists()
    book.put("k", result(), {})
    assert book.result("k") == result()


@pytest.mark.parametrize("spoiled", [b"", b'{"schema": "mlsys/result/v1"', b"\0" * 100])
def test_an_entry_that_is_not_whole_is_graded_again(tmp_path: Path, spoiled: bytes):
    book = Gradebook(tmp_path)
    book.put("k", result(), {})
    (tmp_path / "entries/k/result.json").write_bytes(spoiled)
    assert book.result("k") is None


def test_versions_are_never_overwritten_and_say_who_changed(bare_course: Course, tmp_path: Path):
    manifest = unit_manifest(bare_course.unit)
    book = Gradebook(tmp_path / "book")
    one = book.publish((standing("ada"), standing("bob", Status.FAILED)), manifest, write_class)
    before = (book.folder(1) / "standings.json").read_bytes()
    same = book.publish((standing("ada"), standing("bob", Status.FAILED)), manifest, write_class)
    assert (one.number, same.number, book.numbers()) == (1, 1, [1])
    two = book.publish((standing("ada"), standing("bob"), standing("eve")), manifest, write_class)
    assert two.number == 2
    assert (book.folder(1) / "standings.json").read_bytes() == before
    changes = json.loads((book.folder(2) / "changes.json").read_text())
    assert (changes["from"], changes["to"]) == (1, 2)
    [bob] = changes["changed"]
    assert (bob["id"], bob["points"], bob["tests"]) == ("bob", [0.0, 1.0], {"test_one": ["failed", "passed"]})
    assert (changes["added"], changes["removed"]) == (["eve"], [])
    assert book.latest() == book.read(2) == two


def test_a_version_that_was_cut_off_is_made_again(bare_course: Course, tmp_path: Path):
    book = Gradebook(tmp_path / "book")
    stray = book.versions / ".new-0001"
    stray.mkdir(parents=True)
    (stray / "standings.json").write_text("{")
    (stray / "stray").write_text("x")
    book.publish((standing("ada"),), unit_manifest(bare_course.unit), write_class)
    assert book.numbers() == [1]
    assert not (book.folder(1) / "stray").exists()
    assert not stray.exists()


def test_the_page_of_a_version_is_written(bare_course: Course, tmp_path: Path):
    book = Gradebook(tmp_path / "book")
    book.publish((standing("ada"),), unit_manifest(bare_course.unit), write_class)
    assert "reports_failed" not in {event["event"] for event in book.journal}
    assert (book.folder(1) / "class.html").is_file()
    assert (book.folder(1) / "students/ada/report.html").is_file()


def test_reports_that_cannot_be_written_cost_nobody_a_grade(bare_course: Course, tmp_path: Path):
    def fail(*_: object) -> None:
        raise ValueError("a mistake in a page")

    book = Gradebook(tmp_path / "book")
    made = book.publish((standing("ada"),), unit_manifest(bare_course.unit), fail)
    assert book.latest() == made
    [failed, published] = book.journal
    assert (failed["event"], failed["why"]) == ("reports_failed", "ValueError: a mistake in a page")
    assert published["event"] == "published"


def test_one_grader_at_a_time(tmp_path: Path):
    with (
        Gradebook(tmp_path).locked(),
        pytest.raises(CourseError, match="another grading"),
        Gradebook(tmp_path).locked(),
    ):
        pass
    with Gradebook(tmp_path).locked():
        pass


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path, cut: int):
    journal = Journal(tmp_path / "journal.jsonl")
    for number in range(3):
        journal.append("graded", number=number)
    journal.path.write_bytes(journal.path.read_bytes()[:-cut])
    assert [event["number"] for event in journal] == [0, 1, 2] if cut == 1 else [0, 1]
    journal.append("graded", number=3)
    journal.append("graded", number=4)
    numbers = [event["number"] for event in journal]
    assert numbers == ([0, 1, 2, 3, 4] if cut == 1 else [0, 1, 3, 4])


def test_what_is_no_event_is_left_out(tmp_path: Path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'\xff\xfe\n[1]\n"x"\n{}\n{"event": 3}\n{"event": "graded"}\n\n')
    assert list(Journal(path)) == [{"event": "graded"}]
    assert list(Journal(tmp_path / "none")) == []

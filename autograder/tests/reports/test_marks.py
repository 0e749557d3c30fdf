"""Manual marks: the latest one counts, others stay visible, and no kill and no second grader loses one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.core.units import CourseError
from autograder.reports import marking
from autograder.reports.class_report import write_class
from autograder.roster.gradebook import Gradebook
from autograder.roster.rubric import Mark, append_marks, manual_parts, read_marks
from autograder.tests.reports import sample

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
UNIT = sample.manifest()


def mark(
    points: float | None, grader: str = "bob", person: str = "ada", minute: int = 0, comment: str = ""
) -> Mark:
    at = START + timedelta(minutes=minute)
    return Mark(at=at, grader=grader, person=person, part="01.E", points=points, comment=comment)


def test_without_marks_everything_waits(tmp_path: Path):
    [part] = manual_parts(UNIT, tmp_path / "none.jsonl", "ada")
    assert (part.points, part.max_points, part.title) == (None, 3, "Your explanation")


def test_the_latest_mark_counts_and_others_stay_visible(tmp_path: Path):
    file = tmp_path / "manual" / "marks.jsonl"
    append_marks(file, [mark(1, "eve"), mark(2.5, "bob", minute=5, comment="better"), mark(3, person="bo")])
    [part] = manual_parts(UNIT, file, "ada")
    assert (part.points, part.grader, part.comment) == (2.5, "bob", "better")
    assert part.graded == "2026-11-21T09:05:00Z"
    assert part.replaced == ("1 by eve, 2026-11-21T09:00:00Z",)
    append_marks(file, [mark(1, "eve", minute=9)])
    [part] = manual_parts(UNIT, file, "ada")
    assert (part.points, part.replaced) == (1, ("2.5 by bob, 2026-11-21T09:05:00Z",))


def test_a_grader_who_changes_their_mind_is_no_conflict(tmp_path: Path):
    append_marks(tmp_path / "m", [mark(1), mark(2, minute=1)])
    assert manual_parts(UNIT, tmp_path / "m", "ada")[0].replaced == ()


def test_time_decides_and_not_the_order_of_the_lines(tmp_path: Path):
    append_marks(tmp_path / "m", [mark(2, minute=5), mark(1, "eve", minute=1)])
    assert manual_parts(UNIT, tmp_path / "m", "ada")[0].points == 2


def test_a_mark_can_be_taken_back(tmp_path: Path):
    append_marks(tmp_path / "m", [mark(2), mark(None, minute=1)])
    assert manual_parts(UNIT, tmp_path / "m", "ada")[0].points is None


def test_a_mark_above_the_points_counts_as_the_points(tmp_path: Path):
    append_marks(tmp_path / "m", [mark(7)])
    assert manual_parts(UNIT, tmp_path / "m", "ada")[0].points == 3


@pytest.mark.parametrize("points", [-1, float("nan"), float("inf")])
def test_points_are_a_number(points: float):
    with pytest.raises(ValueError, match="points"):
        mark(points)


def test_a_line_that_was_cut_off_hurts_no_other(tmp_path: Path):
    file = tmp_path / "m"
    append_marks(file, [mark(1)])
    with file.open("ab") as out:
        out.write(mark(3, person="bo").model_dump_json().encode()[:40])  # killed in the middle
    assert len(read_marks(file)) == 1
    append_marks(file, [mark(2, person="cy")])
    assert [each.person for each in read_marks(file)] == ["ada", "cy"]


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from autograder.roster.rubric import Mark, append_marks
name, path = sys.argv[1:]
for count in range(100000):
    at = datetime.now(UTC)
    append_marks(Path(path), [Mark(at=at, grader=name, person=f"{name}-{count}", part="01.E", points=1)] * 2)
    print(count, flush=True)
"""


def test_graders_at_once_and_killed_lose_nothing(tmp_path: Path):
    """Every mark that was reported as written is there, whole, whoever was killed meanwhile."""
    file = tmp_path / "marks.jsonl"
    run = [sys.executable, "-c", WRITER]
    with_logs = [(name, (tmp_path / name).open("w")) for name in ("a", "b", "c")]
    writers = [subprocess.Popen([*run, name, str(file)], stdout=log) for name, log in with_logs]
    deadline = time.monotonic() + 120
    try:
        for name, _ in with_logs:
            while (tmp_path / name).read_text().count("\n") < 20:
                assert time.monotonic() < deadline
                time.sleep(0.02)
    finally:
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
            writer.wait()
        for _, log in with_logs:
            log.close()
    found = [each.person for each in read_marks(file)]
    for name, _ in with_logs:
        told = int((tmp_path / name).read_text().splitlines()[-1])
        for count in range(told + 1):
            assert found.count(f"{name}-{count}") == 2
    append_marks(file, [mark(1)])
    assert read_marks(file)[-1].person == "ada" or "ada" in {each.person for each in read_marks(file)}


CLASS = sample.small_class()


def test_the_form_asks_part_by_part_and_a_group_once():
    found = marking.jobs(CLASS, UNIT)
    assert len(found) == 8
    [team] = [job for job in found if len(job.people) > 1]
    assert team.names == "Cy Diaz, Dee Wang"
    assert [each.person for each in marking.marks_for(team, "bob", 2, "ok")] == ["cy", "dee"]
    with pytest.raises(CourseError, match="no manual part"):
        marking.jobs(CLASS, UNIT, part="01.X")
    with pytest.raises(CourseError, match="nobody"):
        marking.jobs(CLASS, UNIT, person="zoe")
    with pytest.raises(CourseError, match="has no parts that people grade"):
        marking.jobs(CLASS, UNIT.model_copy(update={"manual": ()}))


def test_a_sheet_goes_out_and_comes_back(tmp_path: Path):
    marks = tmp_path / "m"
    append_marks(marks, [mark(2, comment="good")])
    file = tmp_path / "sheet.csv"
    file.write_text(marking.sheet(CLASS, UNIT, marks))
    back = marking.read_sheet(file, CLASS, UNIT, "eve")
    assert [(each.person, each.points, each.comment) for each in back] == [("ada", 2, "good")]
    assert marking.only_new(back, marks) == []
    file.write_text(
        file.read_text().replace('"bo","Bo Chen","01.E","",""', '"bo","Bo Chen","01.E","1,5","-1 for units"')
    )
    new = marking.only_new(marking.read_sheet(file, CLASS, UNIT, "eve"), marks)
    assert [(each.person, each.points, each.comment, each.grader) for each in new] == [
        ("bo", 1.5, "-1 for units", "eve")
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("zoe,01.E,1", "sheet.csv:2, column id: nobody in version 1 has 'zoe'"),
        ("ada,01.Q,1", "sheet.csv:2, column part: expected one of 01.E; got '01.Q'"),
        ("ada,01.E,4", "sheet.csv:2, column points: expected a number from 0 to 3; got '4'"),
        ("ada,01.E,-1", "column points"),
        ("ada,01.E,nan", "column points"),
        ("ada,01.E,many", "column points"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_taken(tmp_path: Path, row: str, message: str):
    file = tmp_path / "sheet.csv"
    file.write_text(f"id,part,points\n{row}\nbo,01.E,1\n")
    with pytest.raises(CourseError) as caught:
        marking.read_sheet(file, CLASS, UNIT, "bob")
    assert message in str(caught.value)
    assert "no mark was taken" in str(caught.value)


def test_a_sheet_without_its_columns(tmp_path: Path):
    (tmp_path / "x.csv").write_text("id,points\n")
    with pytest.raises(CourseError, match="missing: part"):
        marking.read_sheet(tmp_path / "x.csv", CLASS, UNIT, "bob")
    with pytest.raises(CourseError, match="expected a CSV file"):
        marking.read_sheet(tmp_path / "none.csv", CLASS, UNIT, "bob")


def test_publishing_makes_one_new_version_with_the_totals(tmp_path: Path):
    book = Gradebook(tmp_path / "01_tiny")
    ada = sample.standing(sample.person("Ada Smith"), sample.result(), penalty=1.5)
    with book.locked():
        book.publish((ada,), UNIT, write_class)
    append_marks(book.marks, [mark(2.5, comment="fine")])
    made, new = marking.publish(book, UNIT)
    assert (made.number, new) == (2, True)
    assert made.people[0].points == 9 - 1.5 + 2.5
    assert not made.people[0].waits
    assert book.read(1).people[0].waits, "the first version stays as it was"
    assert "fine" in (book.folder(2) / "students" / "ada" / "report.html").read_text()
    again, new = marking.publish(book, UNIT)
    assert (again.number, new) == (2, False)

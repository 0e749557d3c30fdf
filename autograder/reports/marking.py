"""Marks for the gradebook: write a sheet to fill in, read its rows, and update the totals."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

from autograder.core.append_log import utc_now
from autograder.core.manifest import Manifest
from autograder.core.units import CourseError
from autograder.reports.class_report import write_class
from autograder.reports.tables import cell, csv_text
from autograder.reports.view import number
from autograder.roster.gradebook import Gradebook
from autograder.roster.rubric import Mark, manual_parts, read_marks
from autograder.roster.standing import Standing, Standings, by_owner

COLUMNS = ("id", "name", "part", "points", "comment")


@dataclass(frozen=True)
class MarkingJob:
    """One part of one submission; everybody who shares the submission gets the mark."""

    people: tuple[Standing, ...]
    part: str

    @property
    def names(self) -> str:
        return ", ".join(each.person.name or each.person.id for each in self.people)


def jobs(standings: Standings, manifest: Manifest, *, person: str = "", part: str = "") -> list[MarkingJob]:
    """Every part of every submission, part by part: a grader marks one question for the whole class in a row.

    `person`, `part`: only these. Raises CourseError for an unknown name.
    """
    known = [each.id for each in manifest.manual]
    if not known:
        raise CourseError(
            f"{manifest.unit} has no parts that people grade\n  expected: [[manual]] in its assignment.toml"
        )
    if part and part not in known:
        raise CourseError(
            f"{manifest.unit} has no manual part {part!r}\n  expected: one of {', '.join(known)}"
        )
    groups = by_owner(standings.people)
    chosen = [group for group in groups if not person or person in {each.person.id for each in group}]
    if not chosen:
        raise CourseError(f"nobody in version {standings.number} has the id {person!r}")
    return [MarkingJob(group, name) for name in known if not part or name == part for group in chosen]


def waits(job: MarkingJob, manifest: Manifest, marks: Path) -> bool:
    """True if a person of the submission has no mark for the part yet."""
    found = (manual_parts(manifest, marks, each.person.id) for each in job.people)
    return any(part.points is None for parts in found for part in parts if part.id == job.part)


def marks_for(job: MarkingJob, grader: str, points: float | None, comment: str) -> list[Mark]:
    at = utc_now()
    people = (each.person.id for each in job.people)
    return [
        Mark(at=at, grader=grader, person=who, part=job.part, points=points, comment=comment)
        for who in people
    ]


def sheet(standings: Standings, manifest: Manifest, marks: Path) -> str:
    """A CSV with one row for each person and part: the marks so far, and empty cells to fill in."""
    found: list[list[str]] = [list(COLUMNS)]
    for part in manifest.manual:
        for each in standings.people:
            mine = {p.id: p for p in manual_parts(manifest, marks, each.person.id)}[part.id]
            points = "" if mine.points is None else number(mine.points)
            found.append([cell(each.person.id), cell(each.person.name), part.id, points, cell(mine.comment)])
    return csv_text(found)


def read_sheet(path: Path, standings: Standings, manifest: Manifest, grader: str) -> list[Mark]:
    """The marks of a filled-in sheet, without rows that have no points.

    Columns `id`, `part` and `points` are required, `comment` is optional, others are ignored. Raises CourseError
    that names every wrong cell as `file:line, column: ...`; then no mark is saved.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        found = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"{path}: expected a CSV file in UTF-8, got: {error}") from None
    header = [name.strip().lower() for name in found[0]] if found else []
    lacking = [name for name in ("id", "part", "points") if name not in header]
    if lacking:
        raise CourseError(
            f"{path.name}:1: expected the columns id, part, points; missing: {', '.join(lacking)}"
        )
    people = {each.person.id for each in standings.people}
    limits = {part.id: part.points for part in manifest.manual}
    at, marks, problems = utc_now(), [], []
    for line, cells in enumerate(found[1:], 2):
        row = dict(zip(header, (text.strip() for text in cells), strict=False))
        if not row.get("points"):
            continue
        who, part = row.get("id", ""), row.get("part", "")
        points = parse_points(row["points"])
        if who not in people:
            problems.append(
                f"{path.name}:{line}, column id: nobody in version {standings.number} has {who!r}"
            )
        if part not in limits:
            expected = ", ".join(limits) or "none: the unit has no manual parts"
            problems.append(f"{path.name}:{line}, column part: expected one of {expected}; got {part!r}")
        elif points is None or points > limits[part]:
            got = f"expected a number from 0 to {limits[part]}; got {row['points']!r}"
            problems.append(f"{path.name}:{line}, column points: {got}")
        else:
            comment = row.get("comment", "").removeprefix("'")
            marks.append(Mark(at=at, grader=grader, person=who, part=part, points=points, comment=comment))
    if problems:
        raise CourseError("no mark was taken\n" + "\n".join(f"  {problem}" for problem in problems[:50]))
    return marks


def parse_points(text: str) -> float | None:
    """A number of points, 0 or more; None for anything else. Accepts a decimal comma."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def only_new(marks: list[Mark], path: Path) -> list[Mark]:
    """The marks that differ from the current ones, so that importing a sheet twice changes nothing."""
    standing: dict[tuple[str, str], Mark] = {(mark.person, mark.part): mark for mark in read_marks(path)}

    def says(mark: Mark | None) -> tuple[float | None, str] | None:
        return (mark.points, mark.comment) if mark else None

    return [mark for mark in marks if says(standing.get((mark.person, mark.part))) != says(mark)]


def with_marks(standing: Standing, manifest: Manifest, marks: Path) -> Standing:
    """The standing with manual parts and total updated from the marks."""
    parts = manual_parts(manifest, marks, standing.person.id)
    before = sum(part.points or 0 for part in standing.manual)
    after = sum(part.points or 0 for part in parts)
    return standing.model_copy(update={"manual": parts, "points": round(standing.points - before + after, 2)})


def publish(book: Gradebook, manifest: Manifest) -> tuple[Standings, bool]:
    """The version of the gradebook with all marks; the second value is True if it is a new version."""
    with book.locked():
        latest = book.latest()
        if latest is None:
            raise CourseError(f"nothing is graded yet in {book.home}")
        people = tuple(with_marks(each, manifest, book.marks) for each in latest.people)
        made = book.publish(people, manifest, write_class)
        return made, made.number != latest.number

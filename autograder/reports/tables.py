"""A class's totals as CSV files that Canvas and Moodle import.

Canvas matches a row by its SIS columns if `ID` is empty, and reads the points of a new assignment from the row
below the header. Moodle asks at import which column names the student: `ID number` or `Email address`. The cell of
a total that is not final is empty, so that no import turns "not graded yet" into a zero.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from autograder.core.manifest import Manifest
from autograder.reports.view import clean, number
from autograder.roster.standing import Standing, Standings

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
# A spreadsheet may read these as a formula, in their wide forms too.
STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(text: str) -> str:
    """Text as one line that no spreadsheet runs: text that looks like a formula gets an apostrophe in front.

    A number stays a number, also a negative one.
    """
    line = " ".join(clean(text).split())
    return f"'{line}" if line.startswith(STARTS) and not NUMBER.fullmatch(line) else line


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows of escaped cells as CSV. Every cell is quoted: some spreadsheets split at semicolons and tabs, too."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


def final(standing: Standing, *, partial: bool = False) -> str:
    """The total, or "" while it is not final; with `partial`, always the total."""
    return "" if standing.waits and not (partial and standing.result is not None) else number(standing.points)


def remark(standing: Standing) -> str:
    """One sentence beside the total: missing marks, and points taken off."""
    said = [standing.trouble] if standing.result is None else []
    if standing.open:
        decided = {"take": "graded from where it was", "zero": "not graded"}.get(
            standing.decision, "not decided"
        )
        said.append(f"{standing.open} ({decided})")
    if standing.result is not None and standing.result.needs_regrade:
        said.append("the grader failed on a part: not final")
    waiting = [part.id for part in standing.manual if part.points is None]
    if waiting:
        said.append(f"not graded yet: {', '.join(waiting)}")
    if standing.penalty:
        days = "1 day" if standing.days_late == 1 else f"{standing.days_late} days"
        said.append(f"{days} late: {number(standing.penalty)} points off")
    said += [f"{part.id}: {part.comment}" for part in standing.manual if part.comment]
    return "; ".join(said)


def item_name(standings: Standings, manifest: Manifest) -> str:
    """The unit's name in other systems: "01 The CPU matmul ladder"."""
    return cell(f"{standings.unit[:2]} {manifest.title}")


def canvas_csv(standings: Standings, manifest: Manifest, *, partial: bool = False) -> str:
    """A file for Canvas: Gradebook, Import."""
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", item_name(standings, manifest)]
    rows = [head, ["    Points Possible", "", "", "", "", str(manifest.total_points)]]
    for each in standings.people:
        person = each.person
        ids = ["", cell(person.id), cell(person.email), ""]
        rows.append([cell(person.name), *ids, final(each, partial=partial)])
    return csv_text(rows)


def moodle_csv(standings: Standings, manifest: Manifest, *, partial: bool = False) -> str:
    """A file for Moodle: Grades, Import, CSV file."""
    item = item_name(standings, manifest)
    rows = [["Full name", "ID number", "Email address", f"{item} (Real)", f"{item} (Feedback)"]]
    for each in standings.people:
        person, total = each.person, final(each, partial=partial)
        rows.append([cell(person.name), cell(person.id), cell(person.email), total, cell(remark(each))])
    return csv_text(rows)


def plain_csv(standings: Standings, manifest: Manifest, *, partial: bool = False) -> str:
    """A table for spreadsheets: one row for each person, a column for each task, part and deduction."""
    tasks, parts = [task.id for task in manifest.tasks], [part.id for part in manifest.manual]
    head = ["id", "name", "email", "group", *tasks, *parts, "days late", "penalty", "total", "of", "remark"]
    rows = [head]
    for each in standings.people:
        points = {task.id: number(task.points) for task in each.result.tasks} if each.result else {}
        points |= {part.id: number(part.points) for part in each.manual if part.points is not None}
        person = each.person
        rows.append(
            [
                *(cell(text) for text in (person.id, person.name, person.email, person.group)),
                *(points.get(name, "") for name in tasks + parts),
                str(each.days_late),
                number(each.penalty),
                final(each, partial=partial),
                str(each.max_points),
                cell(remark(each)),
            ]
        )
    return csv_text(rows)

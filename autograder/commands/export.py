"""`./mlsys export`: write a version of the gradebook in the format of another system."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.gradebook_version import open_book
from autograder.core.units import CourseError
from autograder.reports import tables
from autograder.reports.class_report import class_files, put


class Form(StrEnum):
    """An output format."""

    csv = "csv"
    canvas = "canvas"
    moodle = "moodle"
    gradescope = "gradescope"
    junit = "junit"
    pages = "pages"
    all = "all"


def export(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit, like 01.")],
    to: Annotated[Form, typer.Option(metavar="FORMAT", help=f"One of {', '.join(Form)}.")] = Form.all,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder to write to. Default: GRADES/NN_name/export/000N."),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="The version of the gradebook. Default: the latest."),
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Also write totals that are not final.")] = False,
    grades: Annotated[Path, typer.Option(metavar="DIR", help="The folder of the gradebooks.")] = Path(
        "grades"
    ),
) -> None:
    """Write grades for Canvas, Moodle, Gradescope or a spreadsheet.

    A total that is not final (a mark is missing, or the grader failed) is an empty cell, so that no import
    turns it into a zero.
    """
    manifest, book, standings = open_book(unit, grades, version)
    folder = out or book.home / "export" / f"{standings.number:04d}"
    files = {"grades.csv": tables.plain_csv(standings, manifest, partial=partial)}
    files |= dict(class_files(standings, manifest))
    files["canvas.csv"] = tables.canvas_csv(standings, manifest, partial=partial)
    files["moodle.csv"] = tables.moodle_csv(standings, manifest, partial=partial)
    wanted = {
        Form.csv: ("grades.csv",),
        Form.canvas: ("canvas.csv",),
        Form.moodle: ("moodle.csv",),
        Form.gradescope: ("gradescope/",),
        Form.junit: ("junit.xml",),
        Form.pages: ("class.html", "students/"),
        Form.all: ("",),
    }[to]
    chosen = {path: text for path, text in files.items() if path.startswith(wanted)}
    try:
        for path, text in chosen.items():
            put(folder / path, text)
    except OSError as error:
        raise CourseError(f"cannot write to {folder}: {error.strerror or error}") from None
    waiting = sum(each.waits for each in standings.people)
    told = f"; {waiting} of {len(standings.people)} totals are not final" if waiting else ""
    print(f"{folder}: {len(chosen)} file{'s' * (len(chosen) != 1)} of version {standings.number}{told}")

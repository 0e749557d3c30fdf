"""`./mlsys export`: a version of the gradebook in the form that another system takes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Form(StrEnum):
    """What to write."""

    csv = "csv"
    canvas = "canvas"
    moodle = "moodle"
    gradescope = "gradescope"
    junit = "junit"
    pages = "pages"
    all = "all"


def export(
    unit: Annotated[str, typer.Argument(help="The unit, like 01.")],
    to: Annotated[
        Form, typer.Option(help="The form: a plain table, a system's own, or all of them.")
    ] = Form.all,
    into: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write here. Without it: OUT/NN_name/export/000N.")
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="A version of the gradebook. Without it: the latest."),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="In tables, also write totals that still wait for something.")
    ] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where ./mlsys grade wrote.")] = Path("grades"),
) -> None:
    """Write grades for Canvas, Moodle, Gradescope or a dashboard, or all reports anew.

    A total that waits for a mark or a regrade is an empty cell, so that no import can make it a zero.
    """
    from autograder.commands.gradebook_version import open_book
    from autograder.core.units import CourseError
    from autograder.reports import tables
    from autograder.reports.class_report import class_files, put

    manifest, book, standings = open_book(unit, out, version)
    folder = into or book.home / "export" / f"{standings.number:04d}"
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
    waiting = sum(each.result is None or each.waits for each in standings.people)
    told = f"; {waiting} of {len(standings.people)} totals are not final" if waiting else ""
    print(f"{folder}: {len(chosen)} file{'s' * (len(chosen) != 1)} of version {standings.number}{told}")

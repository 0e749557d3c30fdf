"""`./mlsys check`: run the checks on the student's own desk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.commands.live import live_line
from autograder.core.files import write_atomic
from autograder.core.result import GradeResult
from autograder.core.selection import find_asked
from autograder.core.units import CourseError
from autograder.lab.desk_check import check_desk
from autograder.reports import terminal
from autograder.reports.html import page
from autograder.reports.markdown import result_markdown


def check(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A unit (01), a task (01.3), a function (numba_loops) or a file (compiled.py). "
            "Default: the unit on your desk.",
        ),
    ] = "",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Explain every failed check.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the report as an HTML page.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the report as Markdown.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="Repeat the inputs of an earlier run; its report shows the seed."
        ),
    ] = None,
) -> None:
    """Check your solutions, and show your points.

    Exit code 0: every check passed. 1: a check failed.
    """
    asked = find_asked(what)
    console = Console()
    with live_line(Console(stderr=True), asked.name) as running:
        result = check_desk(
            asked.unit,
            asked.manifest,
            tasks=asked.ids,
            seed=seed,
            on_test=running.on_test,
            on_start=running.on_start,
        )
    terminal.render(result, console, verbose=verbose)
    for path in filter(None, (html, markdown)):
        save(result, path, as_page=path is html)
        console.print(f"report: {path}", markup=False, highlight=False)
    passed = not result.needs_regrade and result.points == result.max_points
    raise typer.Exit(0 if passed and result.tests else 1)


def save(result: GradeResult, path: Path, *, as_page: bool) -> None:
    """Write the report as HTML or Markdown. Raises CourseError where it cannot be written."""
    try:
        write_atomic(path, page(result) if as_page else result_markdown(result))
    except OSError as error:
        raise CourseError(f"cannot write {path}: {error.strerror}") from None

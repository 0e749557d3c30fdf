"""`./mlsys check`: the judge on the student's own desk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.course.manifest import Manifest
    from autograder.course.units import Unit
    from autograder.judge.result import GradeResult


def check(
    what: Annotated[
        str, typer.Argument(metavar="UNIT[.TASK]", help="A unit or one of its tasks, like 01 or 01.3.")
    ],
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Explain every failed check.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report as a page, too.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Draw the inputs of an earlier run again; its report names the seed."),
    ] = None,
) -> None:
    """Check what is on your desk, and show your points.

    Exit code 0 when everything that was asked for passes, 1 when something does not.
    """
    from rich.console import Console

    from autograder.course.names import find_task
    from autograder.reports import terminal

    unit, manifest, task = find_task(what)
    console = Console()
    tasks = {task.id} if task else None
    result = check_desk(unit, manifest, tasks=tasks, seed=seed, console=Console(stderr=True))
    terminal.render(result, console, verbose=verbose)
    if html:
        from autograder.reports.html import write

        save(result, html, write)
        console.print(f"report: {html}", markup=False, highlight=False)
    passed = not result.needs_regrade and result.points == result.max_points
    raise typer.Exit(0 if passed and result.tests else 1)


def save(result: GradeResult, path: Path, write) -> None:
    from autograder.course.units import CourseError

    try:
        write(result, path)
    except OSError as error:
        raise CourseError(f"cannot write {path}: {error.strerror}") from None


def check_desk(
    unit: Unit,
    manifest: Manifest,
    *,
    tasks: set[str] | None = None,
    seed: int | None = None,
    console: Console | None = None,
    desk: Path | None = None,
) -> GradeResult:
    """Judge the desk, store the progress, and note what the points leave out.

    console: shows a live line while it runs, when it is a terminal. Raises CourseError without a desk.
    """
    from autograder.commands.live import live_line
    from autograder.course.progress import record
    from autograder.course.units import CourseError
    from autograder.judge.judge import grade_submission

    folder = desk or unit.desk
    if not folder.is_dir():
        raise CourseError(
            f"there is no desk for unit {unit.number} yet: work/{unit.slug}/\n"
            f"  to make it: ./mlsys lab {unit.number}"
        )
    with live_line(console, f"checking {unit.slug}") as on_test:
        result = grade_submission(
            unit, folder, name=unit.slug, seed=seed, tasks=tasks, sandbox="prefer", on_test=on_test
        )
    record(unit, manifest, result, desk=folder)
    hidden = sum(task.hidden_points for task in manifest.tasks if tasks is None or task.id in tasks)
    if hidden:
        note = f"{hidden} more points come from hidden checks, which your instructor runs."
        result = result.model_copy(update={"notes": (*result.notes, note)})
    return result

"""`./mlsys lab`: copy a unit's files to the student's desk, and open JupyterLab there."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError, Unit, find_unit, find_units
from autograder.lab import jupyter
from autograder.lab.notebook_file import check_notebook
from autograder.lab.progress import edited_since, read_progress
from autograder.release.desk import ensure_desk


def lab(
    unit: Annotated[
        str | None,
        typer.Argument(metavar="UNIT", help="A unit, like 01. Default: the first one you have not finished."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, metavar="N", help="Use this port. Default: 8888, or the next free one."
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True,
) -> None:
    """Open a unit's lab in JupyterLab, with your files beside it.

    The first time, it copies the notebook and the starter files to your desk, work/NN_name/. It never
    overwrites a file there. Ctrl-C stops JupyterLab.
    """
    chosen = find_unit(unit) if unit else first_unfinished()
    modules = set_desk(chosen) if chosen.manifest.exists() else former_desk(chosen)
    check_notebook(chosen.desk / chosen.lab.name, chosen.root, f"./mlsys lab {chosen.number}")
    raise typer.Exit(jupyter.run(chosen, modules, port=port, open_browser=browser))


def set_desk(unit: Unit) -> tuple[str, ...]:
    """Copy new files to the desk, and print their names; returns the modules that the student writes."""
    new = ensure_desk(unit)
    if new:
        print(f"Copied to your desk, work/{unit.slug}/: {', '.join(new)}", flush=True)
    if not (unit.desk / unit.lab.name).exists():
        raise CourseError(f"unit {unit.slug} has no lab yet\n  expected: labs/{unit.slug}.ipynb")
    return unit_manifest(unit).modules


def former_desk(unit: Unit) -> tuple[str, ...]:
    """The modules on the desk of an earlier week. A student tree has the lab of that week, but not its assignment.

    Raises CourseError when the student has no desk from that week.
    """
    if not (unit.desk / unit.lab.name).exists():
        here = ", ".join(each.number for each in find_units(unit.root) if each.manifest.exists()) or "none"
        raise CourseError(
            f"unit {unit.slug} has no assignment in this week's files, and you have no desk from its week\n"
            f"  expected: a unit with an assignment ({here})\n"
            f"  to read the solved unit: labs/{unit.slug}.ipynb and reference/{unit.name}/"
        )
    print(f"This is your desk of an earlier week, work/{unit.slug}/. It has no checks any more.", flush=True)
    return tuple(sorted(path.name for path in unit.desk.glob("*.py")))


def first_unfinished(units: list[Unit] | None = None) -> Unit:
    """The first unit whose tasks still lack points; the first unit of all if none does.

    A student tree has the labs of earlier weeks without their assignments: those come last.
    """
    with_lab = [unit for unit in (find_units() if units is None else units) if unit.lab.exists()]
    if not with_lab:
        raise CourseError("there is no lab here\n  expected: a notebook in labs/")
    with_tasks = [unit for unit in with_lab if unit.manifest.exists()] or with_lab
    return next((unit for unit in with_tasks if not is_finished(unit)), with_tasks[0])


def is_finished(unit: Unit) -> bool:
    """True if the last check of every task gave all its public points, and no file changed since."""
    if not unit.manifest.exists():
        return True  # nothing is asked for
    records = read_progress(unit)[0].tasks
    return all(
        task.id in records
        and records[task.id].points >= task.public_points
        and not edited_since(records[task.id].files, unit.desk)
        for task in unit_manifest(unit).tasks
    )

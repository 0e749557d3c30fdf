"""`./mlsys lab`: set the desk of a unit, and open JupyterLab on it."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.course.units import CourseError, Unit, find_unit, find_units


def lab(
    unit: Annotated[
        str | None, typer.Argument(help="A unit, like 01. Without it: the first one you have not finished.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Serve on this port. Without it: 8888, or the next free one."),
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser window on it.")
    ] = True,
) -> None:
    """Open a unit's notebook in JupyterLab, with your modules beside it.

    The first time, the notebook and the starters are copied to your desk, work/NN_name/. What is there
    already is never overwritten. Ctrl-C stops JupyterLab.
    """
    from autograder.course import jupyter
    from autograder.course.desk import ensure_desk
    from autograder.course.manifest import unit_manifest

    chosen = find_unit(unit) if unit else first_unfinished()
    new = ensure_desk(chosen)
    if new:
        print(f"New on your desk, work/{chosen.slug}/: {', '.join(new)}", flush=True)
    if not (chosen.desk / chosen.lab.name).exists():
        raise CourseError(f"unit {chosen.slug} has no lab yet\n  expected: labs/{chosen.slug}.ipynb")
    modules = unit_manifest(chosen).modules
    raise typer.Exit(jupyter.run(chosen, modules, port=port, open_browser=browser))


def first_unfinished(units: list[Unit] | None = None) -> Unit:
    """The first unit with a lab in which a task still lacks points; the first of all when none does."""
    with_lab = [unit for unit in (find_units() if units is None else units) if unit.lab.exists()]
    if not with_lab:
        raise CourseError("there is no lab here yet\n  expected: a notebook in labs/")
    return next((unit for unit in with_lab if not is_finished(unit)), with_lab[0])


def is_finished(unit: Unit) -> bool:
    """Whether the last check of every task gave all the points that it can give here."""
    from autograder.course.manifest import unit_manifest
    from autograder.course.progress import read_progress

    if not unit.manifest.exists():
        return True  # nothing is asked for
    records = read_progress(unit)[0].tasks
    return all(
        task.id in records and records[task.id].points >= task.public_points
        for task in unit_manifest(unit).tasks
    )

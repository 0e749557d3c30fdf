"""`./mlsys lab`: set the desk of a unit, and open JupyterLab on it."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.core.units import CourseError, Unit, find_unit, find_units


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
    from autograder.lab import jupyter

    chosen = find_unit(unit) if unit else first_unfinished()
    modules = set_desk(chosen) if chosen.manifest.exists() else former_desk(chosen)
    raise typer.Exit(jupyter.run(chosen, modules, port=port, open_browser=browser))


def set_desk(unit: Unit) -> tuple[str, ...]:
    """Put what is new on the desk, and say so; the modules that the student writes."""
    from autograder.core.manifest import unit_manifest
    from autograder.release.desk import ensure_desk

    new = ensure_desk(unit)
    if new:
        print(f"New on your desk, work/{unit.slug}/: {', '.join(new)}", flush=True)
    if not (unit.desk / unit.lab.name).exists():
        raise CourseError(f"unit {unit.slug} has no lab yet\n  expected: labs/{unit.slug}.ipynb")
    return unit_manifest(unit).modules


def former_desk(unit: Unit) -> tuple[str, ...]:
    """The modules on the desk of an earlier week, of which a student tree has the lab but not the assignment.

    Raises CourseError when the student has no desk from that week.
    """
    if not (unit.desk / unit.lab.name).exists():
        here = ", ".join(each.number for each in find_units(unit.root) if each.manifest.exists()) or "none"
        raise CourseError(
            f"unit {unit.slug} has no assignment here, and you have no desk from its week\n"
            f"  expected: a unit with an assignment ({here})\n"
            f"  to read: labs/{unit.slug}.ipynb, and its solved modules in reference/{unit.name}/"
        )
    print(f"Your desk of an earlier week, work/{unit.slug}/: its checks are not here any more.", flush=True)
    return tuple(sorted(path.name for path in unit.desk.glob("*.py")))


def first_unfinished(units: list[Unit] | None = None) -> Unit:
    """The first unit with a lab in which a task still lacks points; the first of all when none does.

    A student tree has the labs of earlier weeks without their assignments: those come last.
    """
    with_lab = [unit for unit in (find_units() if units is None else units) if unit.lab.exists()]
    if not with_lab:
        raise CourseError("there is no lab here yet\n  expected: a notebook in labs/")
    with_tasks = [unit for unit in with_lab if unit.manifest.exists()] or with_lab
    return next((unit for unit in with_tasks if not is_finished(unit)), with_tasks[0])


def is_finished(unit: Unit) -> bool:
    """Whether the last check of every task gave all the points that it can give here, to the files as they are."""
    from autograder.core.manifest import unit_manifest
    from autograder.lab.progress import edited_since, read_progress

    if not unit.manifest.exists():
        return True  # nothing is asked for
    records = read_progress(unit)[0].tasks
    return all(
        task.id in records
        and records[task.id].points >= task.public_points
        and not edited_since(records[task.id].files, unit.desk)
        for task in unit_manifest(unit).tasks
    )

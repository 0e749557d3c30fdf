"""`./mlsys status`: show the points of every unit, from the stored results of `./mlsys check`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError, Unit, find_units
from autograder.lab.progress import edited_since, read_progress
from autograder.reports.view import kind, sign


def status() -> None:
    """Show your points in every unit, from your last checks.

    If you edited a file since its check, check again to count its points.
    """
    units = [unit for unit in find_units() if unit.manifest.exists()]
    if not units:
        raise CourseError("there are no assignments here\n  expected: a folder in assignments/")
    console = Console()
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column("Task", no_wrap=True)
    grid.add_column("Points", justify="right", no_wrap=True)
    grid.add_column("Last check", overflow="fold")
    points = waiting = total = 0
    troubles: list[str] = []
    for unit in units:
        got, stale, of, trouble = add_unit(grid, unit)
        points, waiting, total = points + got, waiting + stale, total + of
        troubles += [trouble] if trouble else []
    console.print(grid)
    more = f"; {waiting} more for files that you edited since: check them again" if waiting else ""
    console.print(Text(f"{points} of {total} points in total{more}", style="bold"))
    for trouble in troubles:
        typer.echo(trouble, err=True)


def add_unit(grid: Table, unit: Unit) -> tuple[int, int, int, str]:
    """Add the rows of one unit. Returns its points, the points of edited files, the maximum, and a problem or ""."""
    manifest = unit_manifest(unit)
    progress, trouble = read_progress(unit)
    of = sum(task.public_points for task in manifest.tasks)
    records = {task.id: progress.tasks.get(task.id) for task in manifest.tasks}
    got = sum(each.points for each in records.values() if each and not edited_since(each.files, unit.desk))
    stale = sum(each.points for each in records.values() if each) - got
    more = [f"{manifest.hidden_points} from hidden checks"] if manifest.hidden_points else []
    more += [f"{manifest.manual_points} graded by people"] if manifest.manual else []
    rest = f"(plus {', '.join(more)})" if more else ""
    grid.add_row(
        Text(f"{unit.slug}: {manifest.title}", style="bold"),
        Text(f"{got}/{of}", style="bold"),
        rest,
    )
    if not unit.desk.is_dir() and not progress.tasks:
        grid.add_row("", "", Text(f"not started: ./mlsys lab {unit.number}", style="bright_black"))
        return got, stale, of, trouble
    for task in manifest.tasks:
        record = records[task.id]
        name = f"  {task.id} {task.function}"
        if record is None:
            grid.add_row(name, f"0/{task.public_points}", Text("not checked yet", style="bright_black"))
            continue
        told = f"{sign(record.status)} {record.status.sentence}"
        told += f", {record.checked[:16].replace('T', ' ')} UTC"
        style = {"good": "blue", "bad": "dark_orange"}.get(kind(record.status), "bright_black")
        edited = edited_since(record.files, unit.desk)
        if edited:
            style = "bright_black"
            told += f", {record.points} points; edited since this check: {', '.join(edited)}"
        if record.max_points != task.public_points:
            told += "; the checks changed since: check again"
        if record.best > record.points:
            told += f"; your best was {record.best} points"
        points = "?" if edited else str(record.points)
        grid.add_row(name, f"{points}/{task.public_points}", Text(told, style=style))
    return got, stale, of, trouble

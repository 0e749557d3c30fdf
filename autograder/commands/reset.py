"""`./mlsys reset`: restore the starter of a task, and keep the old file."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.core.selection import find_asked, one_task
from autograder.release.desk import Reset, reset_files, reset_task


def reset(
    what: Annotated[str, typer.Argument(metavar="TASK", help="A task, like 01.3; or a unit with --all.")],
    file: Annotated[bool, typer.Option("--file", help="Restore the task's whole file.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Restore every file of the unit, and the notebook.")
    ] = False,
) -> None:
    """Restore the starter of a task, and keep your old file.

    Your other tasks in the same file stay as they are.
    """
    done: list[Reset]
    if everything:
        unit = find_asked(what).unit
        done = reset_files(unit)
    else:
        unit, _, task = one_task(what)
        one = None if file else reset_task(unit, task.id)
        done = reset_files(unit, [task.module]) if file else [one] if one else []
    for each in done:
        kept = f"; your old file is {each.kept.name}" if each.kept else ""
        print(f"restored {what} in work/{unit.slug}/{each.path.name}{kept}")
    if not done:
        print(f"nothing to restore: {what} is still the starter")

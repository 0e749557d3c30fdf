"""`./mlsys reset`: start a task afresh, with the old file kept beside the new one."""

from __future__ import annotations

from typing import Annotated

import typer


def reset(
    what: Annotated[str, typer.Argument(metavar="TASK", help="A task, like 01.3; or a unit with --all.")],
    file: Annotated[
        bool, typer.Option("--file", help="Put the task's whole file back, not the one task alone.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Put every file of the unit back, the notebook too.")
    ] = False,
) -> None:
    """Put a task back as it was handed out; your old file is kept beside it.

    The other tasks in the same file stay as they are.
    """
    from autograder.core.selection import find_asked, one_task
    from autograder.release.desk import Reset, reset_files, reset_task

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
        print(f"work/{unit.slug}/{each.path.name} is as it was handed out where you asked{kept}")
    if not done:
        print(f"{what} is as it was handed out already: nothing to do")

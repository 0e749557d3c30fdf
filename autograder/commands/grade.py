"""`./mlsys grade`: the official points of submissions in local folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.course.grading import Graded


def grade(
    unit: Annotated[str, typer.Argument(help="The unit, like 01.")],
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...", help="Folders of submissions: the modules, or a repository with work/."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where results and reports go.")] = Path("grades"),
    seed: Annotated[
        int | None, typer.Option(min=0, help="Draw the same inputs for all. Without it: fresh ones for each.")
    ] = None,
) -> None:
    """Grade submissions, each in a sandbox of its own.

    Writes OUT/NN_name/<submission>/result.json and report.html. Exit code 0 when every submission was graded,
    whatever its points; 1 when the grader failed on one.
    """
    from rich.console import Console

    from autograder.course.grading import find_submissions, grade_all
    from autograder.course.manifest import unit_manifest
    from autograder.course.units import find_unit

    chosen = find_unit(unit)
    manifest = unit_manifest(chosen)
    submissions = find_submissions(chosen, folders, manifest.modules)
    progress = Console(stderr=True)
    done: list[Graded] = []
    with progress.status("starting ...") as line:
        graded = grade_all(
            chosen,
            submissions,
            out,
            seed=seed,
            start=lambda each: line.update(f"{len(done) + 1} of {len(submissions)}: {each.name}"),
        )
        done.extend(graded)
    summary(done, Console(), out / chosen.slug)
    failed = [each for each in done if each.result is None or each.result.needs_regrade]
    raise typer.Exit(1 if failed else 0)


def summary(done: list[Graded], console: Console, out: Path) -> None:
    """One row a submission, and what the grader could not do."""
    from rich.table import Table
    from rich.text import Text

    from autograder.judge.result import Status
    from autograder.reports.view import clean, sign

    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column("Submission", overflow="fold")
    grid.add_column("Points", justify="right", no_wrap=True)
    grid.add_column("Tasks", overflow="fold")
    for each in done:
        if each.result is None:
            grid.add_row(Text(each.submission.name), "-", Text(f"not graded: {clean(each.trouble)}"))
            continue
        tasks = " ".join(f"{sign(task.status)}{task.id.partition('.')[2]}" for task in each.result.tasks)
        invalid = each.result.notes if all_invalid(each) else ()
        regrade = "; grade again: the grader failed" if each.result.needs_regrade else ""
        told = clean("; ".join(invalid)) or tasks + regrade
        grid.add_row(Text(each.submission.name), f"{each.result.points}/{each.result.max_points}", Text(told))
    console.print(grid)
    statuses = {task.status for each in done if each.result for task in each.result.tasks}
    key = [
        f"{sign(Status.PASSED)} passed",
        *(
            [f"{sign(Status.FAILED)} not passed"]
            if statuses - {Status.PASSED, Status.NOT_IMPLEMENTED}
            else []
        ),
        *([f"{sign(Status.NOT_IMPLEMENTED)} not written"] if Status.NOT_IMPLEMENTED in statuses else []),
    ]
    console.print(Text(f"{', '.join(key)}; results and reports are in {out}", style="bright_black"))


def all_invalid(graded: Graded) -> bool:
    from autograder.judge.result import Status

    tests = graded.result.tests if graded.result else ()
    return bool(tests) and all(test.status is Status.INVALID_SUBMISSION for test in tests)

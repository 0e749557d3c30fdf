"""Print a GradeResult on a terminal: a table, the failed checks, and the total."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.core.result import GradeResult, Status, TaskResult, TestResult
from autograder.reports.causes import is_unwritten
from autograder.reports.view import (
    Detail,
    check_title,
    clean,
    details,
    headline,
    kind,
    left_to_write,
    measured,
    sign,
    tier_sentence,
)

STYLES = {"good": "blue", "bad": "bold dark_orange", "todo": "bright_black", "grader": "bold magenta"}


def status_text(status: Status, console: Console) -> Text:
    mark = sign(status) if console.encoding.lower().startswith("utf") else "-"
    return Text(f"{mark} {status.sentence}", style=STYLES[kind(status)])


def render(result: GradeResult, console: Console, *, verbose: bool = False) -> None:
    """Print the result; without `verbose`, only the first failed test of each task is explained.

    All text of the submission goes through `clean`, and through `Text`, so that its brackets are not markup.
    """
    console.print(table(result, console))
    more = 0
    for task in result.tasks:
        begun = verbose or not is_unwritten(task)
        failed = [test for test in task.tests if worth_telling(test, verbose, begun=begun)]
        for test in failed if verbose else failed[:1]:
            console.print()
            console.print(explanation(test, task, console), soft_wrap=True)
        more += 0 if verbose else len(failed[1:])
    console.print()
    if more:
        checks = "check fails" if more == 1 else "checks fail"
        console.print(Text(f"{more} more {checks} in these tasks; --verbose explains every one."))
    footer(result, console)


def worth_telling(test: TestResult, verbose: bool, *, begun: bool) -> bool:
    """True for a failed public test; an unwritten one counts only if another part of the task is written."""
    quiet = {Status.PASSED, Status.NOT_RUN} if verbose else {Status.PASSED, Status.NOT_RUN, Status.SKIPPED}
    quiet |= set() if begun else {Status.NOT_IMPLEMENTED}
    return not test.hidden and test.status not in quiet


def table(result: GradeResult, console: Console) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column("Task", no_wrap=True)
    grid.add_column("Check", overflow="fold")
    grid.add_column("Result", overflow="fold")
    grid.add_column("Points", justify="right", no_wrap=True)
    for task in result.tasks:
        name = f"{task.id} {task.function}"
        if is_unwritten(task):
            points = f"0/{task.max_points}"
            about = "\n".join(filter(None, (task.title, left_to_write(task))))
            grid.add_row(name, Text(about), status_text(Status.NOT_IMPLEMENTED, console), points)
            continue
        for index, test in enumerate(task.tests):
            grid.add_row(
                name if index == 0 else "",
                Text(check_title(test, task) + measured(test)),
                status_text(test.status, console),
                f"{test.points}/{test.max_points}",
            )
    return grid


def explanation(test: TestResult, task: TaskResult, console: Console) -> Text:
    """The failed test, and below it every line of its feedback with a bar in front.

    The bar keeps a submission's output from starting a line: GitHub runs lines that start with "::" as commands.
    """
    text = status_text(test.status, console)
    text = Text.assemble((f"{task.id} {task.function}: {check_title(test, task)}: ", "bold"), text)
    bar = "│" if console.encoding.lower().startswith("utf") else "|"
    for each in details(test):
        text.append("\n")
        text.append_text(detail_text(each, bar))
    return text


def detail_text(each: Detail, bar: str) -> Text:
    lines = each.text.split("\n")
    text = Text()
    for index, line in enumerate(lines):
        label = f"{each.label:12}" if index == 0 and each.label else " " * 12 if each.label else ""
        text.append(f"{'' if index == 0 else chr(10)}  {bar} ", style="bright_black")
        text.append(label, style="bold" if each.label == "hint" else "bright_black")
        text.append(line)
    return text


def footer(result: GradeResult, console: Console) -> None:
    console.print(Text(f"{result.points} of {result.max_points} points. {headline(result)}", style="bold"))
    for note in result.notes:
        console.print(
            Text(f"note: {clean(note)}"), soft_wrap=True
        )  # a file's name must not start a line either
    console.print(
        Text(
            f"seed {result.seed}; {result.seconds:.1f} s; {tier_sentence(result.tier)}", style="bright_black"
        )
    )

"""One student's standing as Markdown, for the front page of their `feedback` branch.

Text of a submission is in fenced blocks with a fence longer than any in the text. Elsewhere, every character with a
meaning in Markdown or HTML is escaped.
"""

from __future__ import annotations

import re

from autograder.core.result import GradeResult, TaskResult
from autograder.reports.causes import is_unwritten
from autograder.reports.view import (
    check_title,
    clean,
    details,
    headline,
    left_to_write,
    next_steps,
    number,
    sign,
)
from autograder.roster.standing import Standing

ACTIVE = re.compile(r"[\\`*_{}\[\]()#+\-.!|<>~&@:$^=]")


def plain(text: str) -> str:
    """Untrusted text as one line of Markdown, without links, images, mentions or HTML."""
    line = " ".join(clean(text).split())
    return ACTIVE.sub(lambda match: f"&#{ord(match.group())};", line)


def fenced(text: str) -> str:
    """Untrusted lines in a fenced block that they cannot close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{clean(text)}\n{fence}"


def standing_markdown(standing: Standing, unit: str) -> str:
    """The report: the total, late days and changed files, the next steps, and every task."""
    total = f"{number(standing.points)} of {standing.max_points} points"
    parts = [f"# {plain(unit)}: {total}"]
    result = standing.result.for_student() if standing.result else None
    parts.append(headline(result) if result else f"Nothing was graded: {plain(standing.trouble)}")
    if standing.waits:
        waiting = [part.id for part in standing.manual if part.points is None]
        parts.append(f"**This total is not final yet.** {waits_for(waiting)}".rstrip())
    if standing.undecided and standing.open:
        parts.append(f"Your instructor decides about work in an unexpected place: {plain(standing.open)}.")
    if standing.penalty:
        parts.append(f"{standing.days_late} day(s) late: {number(standing.penalty)} points off.")
    if standing.tampered:
        files = ", ".join(plain(path) for path in standing.tampered)
        parts.append(f"You changed files of the course. The grader did not use them: {files}")
    if standing.manual:
        parts.append(manual_table(standing))
    parts += body(result) if result else []
    if result:
        parts.append(f"Commit {plain(standing.commit or 'none')}, graded {plain(result.started)}.")
    parts.append("The same report as a page: `report.html` in this folder.")
    return "\n\n".join(parts) + "\n"


def result_markdown(result: GradeResult) -> str:
    """The report of a result without a class, for a summary on GitHub."""
    shown = result.for_student()
    head = f"# {plain(shown.unit)}: {shown.points} of {shown.max_points} points"
    notes = [plain(note) for note in shown.notes]
    return "\n\n".join([head, headline(shown), *notes, *body(shown)]) + "\n"


def body(shown: GradeResult) -> list[str]:
    """The next steps and every task of a result `for_student`."""
    steps = [
        f"{place}. {step.task} {plain(step.function)}, {plain(step.check)}: {plain(step.advice)}"
        for place, step in enumerate(next_steps(shown), 1)
    ]
    first = ["## What to look at first", "\n".join(steps)] if steps else []
    begun = [task_markdown(task) for task in shown.tasks if not is_unwritten(task)]
    left = [unwritten_line(task) for task in shown.tasks if is_unwritten(task)]
    return first + begun + (["## Not written yet", "\n".join(left)] if left else [])


def unwritten_line(task: TaskResult) -> str:
    told = left_to_write(task)
    line = f"- {task.id} {plain(task.function)}, {plain(task.title)}: 0 / {task.max_points}"
    return f"{line}; {plain(told)}" if told else line


def waits_for(waiting: list[str]) -> str:
    return f"People will grade: {', '.join(waiting)}." if waiting else ""


def manual_table(standing: Standing) -> str:
    rows = ["| graded by people | points | comment |", "|---|---:|---|"]
    for part in standing.manual:
        points = "–" if part.points is None else number(part.points)
        rows.append(
            f"| {part.id} {plain(part.title)} | {points} / {part.max_points} | {plain(part.comment)} |"
        )
    return "\n".join(rows)


def task_markdown(task: TaskResult) -> str:
    lines = [f"## {task.id} {plain(task.function)}: {task.points} / {task.max_points}", plain(task.title)]
    rows = ["| check | result | points |", "|---|---|---:|"]
    blocks = []
    for test in task.tests:
        title = plain(check_title(test, task))
        told = f"{sign(test.status)} {test.status.sentence}"
        rows.append(f"| {title} | {told} | {test.points} / {test.max_points} |")
        found = [] if test.passed else details(test)
        if found:
            text = "\n".join(f"{each.label + ': ' if each.label else ''}{each.text}" for each in found)
            blocks.append(f"**{title}**\n\n{fenced(text)}")
    return "\n\n".join([*lines, "\n".join(rows), *blocks])

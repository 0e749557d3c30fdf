"""`./mlsys mark`: give points for the parts of a unit that people grade."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.prompt import Prompt
from rich.table import Table
from rich.text import Text

from autograder.commands.grade_summary import changed_totals
from autograder.commands.gradebook_version import open_book
from autograder.core.files import write_atomic
from autograder.core.manifest import Manifest
from autograder.reports import marking
from autograder.reports.marking import MarkingJob, marks_for, parse_points, waits
from autograder.reports.view import clean, number
from autograder.roster.gradebook import Gradebook
from autograder.roster.rubric import append_marks, manual_parts


def mark(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit, like 01.")],
    grader: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Your name, recorded with each mark. Default: your login name."),
    ] = None,
    person: Annotated[str, typer.Option(metavar="ID", help="Mark only this person's submission.")] = "",
    part: Annotated[str, typer.Option(metavar="PART", help="Mark only this part, like 01.E.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Also ask for parts that have a mark.")] = False,
    sheet: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a CSV to fill in.")] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read the marks from the filled-in CSV.")
    ] = None,
    show: Annotated[
        bool, typer.Option("--list", help="List every mark, and the marks on which graders disagree.")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Make a new version of the gradebook with the marks.")
    ] = False,
    grades: Annotated[Path, typer.Option(metavar="DIR", help="The folder of the gradebooks.")] = Path(
        "grades"
    ),
) -> None:
    """Mark the written parts of a class, in a form or with a CSV.

    Several graders can mark at the same time. Every mark is saved before the next question. The latest mark of
    a part counts; --list also shows the marks that it replaced. --publish, or the next ./mlsys grade, adds the
    marks to totals and reports.
    """
    manifest, book, standings = open_book(unit, grades)
    todo = marking.jobs(standings, manifest, person=person, part=part)
    who, console = grader or getpass.getuser(), Console()
    if sheet is not None:
        write_atomic(sheet, marking.sheet(standings, manifest, book.marks))
        print(f"{sheet}: fill in points and comments, then run ./mlsys mark {unit} --csv {sheet}")
    elif csv is not None:
        marks = marking.read_sheet(csv, standings, manifest, who)
        new = marking.only_new(marks, book.marks)
        append_marks(book.marks, new)
        print(f"{len(new)} new mark{'s' * (len(new) != 1)} of {len(marks)} in {csv}")
    elif show:
        print_marks(todo, manifest, book, console)
    elif not publish:
        form(todo, manifest, book, who, console, again=again)
    if publish:
        made, new_version = marking.publish(book, manifest)
        before = book.read(made.number - 1).people if new_version else ()
        for line in changed_totals(before, made.people, made.number):
            print(line)
        told = (
            f"version {made.number} of the gradebook"
            if new_version
            else f"no new marks since version {made.number}"
        )
        print(f"{told} ({book.folder(made.number) / 'class.html'})")


def form(
    todo: list[MarkingJob], manifest: Manifest, book: Gradebook, who: str, console: Console, *, again: bool
) -> None:
    """Ask for one mark after the other, until none is missing or the grader stops."""
    given = 0
    limits = {each.id: each.points for each in manifest.manual}
    console.print(Text("Press Enter to skip, q to stop. Each mark is saved at once.", style="bright_black"))
    for job in todo:
        if not again and not waits(job, manifest, book.marks):
            continue  # already marked, perhaps by another grader a moment ago
        introduce(job, manifest, book, console)
        points = None
        while points is None:
            try:
                answer = Prompt.ask(
                    f"points (0 to {limits[job.part]})", console=console, default="", show_default=False
                ).strip()
            except EOFError:
                answer = "q"
            if answer in {"", "q"}:
                break
            points = parse_points(answer)
            if points is not None and points > limits[job.part]:
                points = None
            if points is None:
                console.print(f"expected a number from 0 to {limits[job.part]}", markup=False)
        else:
            try:
                comment = Prompt.ask(
                    "comment for the student", console=console, default="", show_default=False
                ).strip()
            except EOFError:
                comment = ""
            append_marks(book.marks, marks_for(job, who, points, comment))
            given += 1
            continue
        if answer == "q":
            break
    left = sum(waits(job, manifest, book.marks) for job in todo)
    console.print(Text(f"{given} marked; {left} left"))


def introduce(job: MarkingJob, manifest: Manifest, book: Gradebook, console: Console) -> None:
    """Print the author, the place of the files, the criteria and the current mark."""
    first = job.people[0]
    part = next(each for each in manifest.manual if each.id == job.part)
    console.rule()
    console.print(Text(f"{job.part} {part.title}: {clean(job.names)}", style="bold"))
    place = book.entries / first.key / "files" if first.key else "nothing was received"
    console.print(
        Text(f"  {clean(first.person.repository)}  {first.commit[:12]}\n  {place}", style="bright_black")
    )
    for sentence in part.criteria:
        console.print(Text(f"  - {sentence}"))
    mine = next(p for p in manual_parts(manifest, book.marks, first.person.id) if p.id == job.part)
    if mine.points is not None:
        console.print(Text(f"  now: {number(mine.points)} by {clean(mine.grader)}: {clean(mine.comment)}"))


def print_marks(todo: list[MarkingJob], manifest: Manifest, book: Gradebook, console: Console) -> None:
    """Print a table of all marks: one row for each person and part, with the marks that were replaced."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("part", "id", "name", "points", "by", "when", "before"):
        grid.add_column(name, overflow="fold")
    for job in todo:
        for each in job.people:
            mine = next(p for p in manual_parts(manifest, book.marks, each.person.id) if p.id == job.part)
            points = "waits" if mine.points is None else f"{number(mine.points)}/{mine.max_points}"
            replaced = "; ".join(mine.replaced)
            told = (mine.id, each.person.id, each.person.name, points, mine.grader, mine.graded, replaced)
            grid.add_row(*(Text(clean(text)) for text in told))
    console.print(grid)

"""The bite table for a reader: on the terminal, in Markdown, and in the README.

`python -m autograder.authoring.bite_report [UNIT...] [--readme]` grades, prints the table, and with --readme
publishes it. Exit code 1 when a row does not hold.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.authoring.bite import Row, bite_table
from autograder.core.files import write_atomic
from autograder.core.units import CourseError, Unit, course_root, find_unit, find_units

BEGIN, END = "<!-- bite:begin -->", "<!-- bite:end -->"


def lost(row: Row) -> str:
    if row.holds and row.submission == "starter":
        return "every check"
    return ", ".join(row.lost) or "nothing"


def terminal_table(rows: Iterable[Row]) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column("Submission", no_wrap=True)
    grid.add_column("Points", justify="right", no_wrap=True)
    grid.add_column("Loses", overflow="fold")
    for row in rows:
        told = Text(lost(row)) if row.holds else Text(row.difference, style="bold dark_orange")
        grid.add_row(row.submission, f"{row.points}/{row.max_points}", told)
    return grid


def markdown(rows: Iterable[Row]) -> str:
    """The table for the README: one line a submission."""
    lines = ["| submission | points | loses | the mistake |", "|---|---|---|---|"]
    for row in rows:
        names = lost(row) if not row.lost or lost(row) == "every check" else f"`{'`, `'.join(row.lost)}`"
        lines.append(f"| {row.submission} | {row.points} of {row.max_points} | {names} | {row.why} |")
    return "\n".join(lines) + "\n"


def section(unit: Unit, rows: Iterable[Row]) -> str:
    return f"**{unit.slug}**\n\n{markdown(rows)}"


def publish(text: str, tables: str) -> str:
    """The README's text with the tables between its two marks. Raises CourseError when a mark is missing."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise CourseError(f"README.md: expected the marks {BEGIN} and {END}")
    return f"{head}{BEGIN}\n{tables}{END}{tail}"


def main(arguments: list[str]) -> int:
    wanted = [word for word in arguments if word != "--readme"]
    units = [find_unit(word) for word in wanted] or [unit for unit in find_units() if unit.manifest.exists()]
    console, sections, holds = Console(), [], True
    for unit in units:
        rows = []
        with console.status(f"{unit.slug} ...") as line:
            for row in bite_table(unit):
                rows.append(row)
                line.update(f"{unit.slug}: {len(rows)} graded, the last was {row.submission}")
        console.print(Text(unit.slug, style="bold"), terminal_table(rows), sep="\n")
        sections.append(section(unit, rows))
        holds = holds and all(row.holds for row in rows)
    if "--readme" in arguments and holds:
        readme = course_root() / "README.md"
        write_atomic(readme, publish(readme.read_text(encoding="utf-8"), "\n".join(sections)))
    return 0 if holds else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CourseError as error:
        print(error, file=sys.stderr)
        sys.exit(2)

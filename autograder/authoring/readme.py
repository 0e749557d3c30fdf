"""The README's table of units."""

from __future__ import annotations

import re

from autograder.core.units import CourseError, Unit

TABLE = "| no | unit |"
NUMBERED = re.compile(r"\| (\d\d) \|")


def listed(text: str, unit: Unit) -> bool:
    """True if the table has a row with the unit's number."""
    return any((match := NUMBERED.match(line)) and match[1] == unit.number for line in text.splitlines())


def with_row(text: str, unit: Unit, title: str, about: str) -> str:
    """The README's `text` with a row for the unit, in the order of the numbers; an existing row stays.

    Raises CourseError without the table.
    """
    if listed(text, unit):
        return text
    lines = text.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if line.startswith(TABLE)), None)
    if start is None:
        raise CourseError(f"README.md: expected the table of units, which begins with {TABLE}")
    at = start + 2  # behind the header and its rule
    while at < len(lines) and (match := NUMBERED.match(lines[at])) and match[1] < unit.number:
        at += 1
    links = (
        f"[slides](slides/{unit.slug}.md) | [lab](labs/{unit.slug}.ipynb) | "
        f"[tasks](assignments/{unit.slug}/README.md) | [code](reference/{unit.name}/)"
    )
    return "".join([*lines[:at], f"| {unit.number} | {title} | {about} | {links} |\n", *lines[at:]])

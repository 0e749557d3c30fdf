"""The README's two lists of units: the table for readers, and what each wrong solution must lose."""

from __future__ import annotations

import re

from autograder.authoring.bite import Row, read_wrong
from autograder.authoring.bite_report import BEGIN, END, publish, section
from autograder.core.manifest import unit_manifest
from autograder.core.result import Status
from autograder.core.units import CourseError, Unit

TABLE = "| no | unit |"
NUMBERED = re.compile(r"\| (\d\d) \|")
SECTION = re.compile(r"^(?=\*\*\d\d_\w+\*\*$)", re.MULTILINE)


def expected_rows(unit: Unit) -> list[Row]:
    """The bite table as it has to come out, without grading anything: each wrong solution loses its test alone.

    Raises CourseError for a manifest or a wrong solution that cannot be used.
    """
    manifest = unit_manifest(unit)
    everything = dict.fromkeys(manifest.checks, Status.NOT_IMPLEMENTED)
    points, names = manifest.points, frozenset(manifest.checks)
    rows = [
        Row("starter", "nothing is written yet", 0, points, names, everything),
        Row("reference", "", points, points, frozenset(), {}),
    ]
    for wrong in read_wrong(unit, manifest):
        task, lost = manifest.checks[wrong.loses]
        only = {wrong.loses: Status.FAILED}
        rows.append(Row(wrong.name, wrong.why, task.points - lost, task.points, frozenset(only), only))
    return rows


def with_unit(text: str, unit: Unit, title: str, about: str) -> str:
    """The README's `text` with a row and a bite table for `unit`, in the order of the numbers.

    A unit that has them already keeps them. Raises CourseError when the table or the marks are not there.
    """
    return with_bite(with_row(text, unit, title, about), unit)


def listed(text: str, unit: Unit) -> bool:
    """Whether one of the two lists has the unit's number already."""
    table = {match[1] for line in text.splitlines() if (match := NUMBERED.match(line))}
    return unit.number in table or re.search(rf"^\*\*{unit.number}_\w+\*\*$", text, re.MULTILINE) is not None


def with_row(text: str, unit: Unit, title: str, about: str) -> str:
    lines = text.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if line.startswith(TABLE)), None)
    if start is None:
        raise CourseError(f"README.md: expected the table of units, which begins with {TABLE}")
    at = start + 2  # behind the header and its rule
    while at < len(lines) and (match := NUMBERED.match(lines[at])) and match[1] <= unit.number:
        if match[1] == unit.number:
            return text
        at += 1
    links = (
        f"[slides](slides/{unit.slug}.md) | [lab](labs/{unit.slug}.ipynb) | "
        f"[tasks](assignments/{unit.slug}/README.md) | [code](reference/{unit.name}/)"
    )
    return "".join([*lines[:at], f"| {unit.number} | {title} | {about} | {links} |\n", *lines[at:]])


def with_bite(text: str, unit: Unit) -> str:
    tables = text.partition(BEGIN)[2].partition(END)[0]
    sections = {part[2:4]: part.strip() + "\n" for part in SECTION.split(tables) if part.strip()}
    sections.setdefault(unit.number, section(unit, expected_rows(unit)))
    return publish(text, "\n".join(sections[number] for number in sorted(sections)))

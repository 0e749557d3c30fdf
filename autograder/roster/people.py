"""Read `roster.csv`: the people of the class, and their repositories.

    id,name,repository,group
    s101,Ada Lovelace,https://github.com/class/ada.git,
    s102,Bob Ross,https://github.com/class/team-1.git,team-1

Columns `id`, `name` and `repository` are required; `email`, `github` and `group` are optional, in any order.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from autograder.core.text import printable
from autograder.core.units import CourseError
from autograder.roster.addresses import AddressError, resolve
from autograder.roster.standing import Person

NEEDED = ("id", "name", "repository")
ALLOWED = ("email", "github", "group")
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")  # names folders and files
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
SEPARATOR = re.compile(r'"?sep=([,;\t|])"?', re.IGNORECASE)  # the first line that Excel writes, and hides
LONGEST = 300  # characters of one cell
MAX_BYTES = 8 << 20


class RosterError(CourseError):
    """An invalid roster; the message names every wrong cell as `file:line, column: ...`."""


@dataclass(frozen=True)
class RosterProblem:
    """One wrong cell, or without a column a wrong row."""

    line: int
    column: str
    message: str

    def render(self, name: str) -> str:
        place = f"{name}:{self.line}" + (f", column {self.column}" if self.column else "")
        return f"  {place}: {self.message}"


def read_roster(path: Path) -> tuple[Person, ...]:
    """Everybody in the file, in its order. A folder as a repository is relative to the file.

    Raises RosterError that names every wrong cell at once.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RosterError(f"{path}: expected a roster (a CSV file), got: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise RosterError(f"{path}: expected a roster of at most {MAX_BYTES >> 20} MB")
    return parse_roster(data, path.name, path.parent)


def parse_roster(data: bytes, name: str, folder: Path) -> tuple[Person, ...]:
    """The people in `data`; messages call it `name`, and `folder` is where its relative paths start."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RosterError(f"{name}:{line}: expected text in UTF-8; save the file as CSV UTF-8") from None
    rows = read_rows(text, name)
    header, problems = read_header(rows, name)
    people: list[tuple[int, Person]] = []
    named = [(line, dict(zip(header, cells, strict=False))) for line, cells in rows[1:]]
    problems += [problem for column in ("id", "email") for problem in twice(named, column)]
    for line, cells in rows[1:]:
        person = read_person(line, cells, header, folder, problems)
        if person is not None:
            people.append((line, person))
    problems += groups(people)
    if not problems and not people:
        problems.append(RosterProblem(1, "", "expected at least one person below the header, got none"))
    if problems:
        problems.sort(key=lambda problem: problem.line)
        found = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        listing = "\n".join(problem.render(name) for problem in problems)
        raise RosterError(f"{found} in {name}\n{listing}")
    return tuple(person for _, person in people)


def read_rows(text: str, name: str) -> list[tuple[int, list[str]]]:
    """(line, cells) of each row that is not blank; accepts Excel's semicolons."""
    first = text.lstrip().partition("\n")[0]
    told = SEPARATOR.fullmatch(first.strip(" \r"))
    delimiter = told[1] if told else max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    while True:
        line = reader.line_num + 1  # where the row starts: a quoted cell may span lines
        try:
            cells = next(reader)
        except StopIteration:
            return rows
        except csv.Error as error:
            raise RosterError(f"{name}:{line}: expected CSV, got: {error}") from None
        cells = [plain_spaces(cell) for cell in cells]
        if any(cells) and not (told and not rows and cells[0].casefold().startswith("sep=")):
            rows.append((line, cells))


def plain_spaces(cell: str) -> str:
    """The cell without blanks around it, and with plain spaces inside: some names have wide or non-breaking ones."""
    return "".join(" " if unicodedata.category(char) == "Zs" else char for char in cell).strip()


def read_header(rows: list[tuple[int, list[str]]], name: str) -> tuple[list[str], list[RosterProblem]]:
    """The columns in the file's order. Raises RosterError for missing or wrong columns."""
    header = [cell.casefold() for cell in rows[0][1]] if rows else []
    missing = [column for column in NEEDED if column not in header]
    if missing:
        wanted = f"id, name, repository (and perhaps {', '.join(ALLOWED)})"
        got = ", ".join(header)[:LONGEST] or "an empty file"
        line = rows[0][0] if rows else 1
        raise RosterError(f"{name}:{line}: expected the columns {wanted}, got {got}")
    line, problems = rows[0][0], []
    for column in dict.fromkeys(header):
        if column not in NEEDED + ALLOWED:
            known = ", ".join(NEEDED + ALLOWED)
            problems.append(RosterProblem(line, column[:40] or "without a name", f"expected one of {known}"))
        elif header.count(column) > 1:
            problems.append(RosterProblem(line, column, "expected each column once, got it twice"))
    return header, problems


def read_person(
    line: int, cells: list[str], header: list[str], folder: Path, problems: list[RosterProblem]
) -> Person | None:
    """The person of one row; None if the row has errors, which go to `problems`."""
    before = len(problems)
    if len(cells) > len(header):
        problems.append(
            RosterProblem(line, "", f"expected {len(header)} cells, got {len(cells)}; quote the commas")
        )
        return None
    row = dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True))
    for column, value in row.items():
        if column in NEEDED and not value:
            problems.append(RosterProblem(line, column, "expected a value, got an empty cell"))
        elif len(value) > LONGEST:
            problems.append(
                RosterProblem(line, column, f"expected at most {LONGEST} characters, got {len(value)}")
            )
        elif not all(map(printable, value)):
            problems.append(RosterProblem(line, column, f"expected one line of text, got {value[:60]!r}"))
    for column in ("id", "group"):
        value = row.get(column, "")
        if value and (not IDENTIFIER.fullmatch(value) or RESERVED.fullmatch(value) or value.endswith(".")):
            expected = "letters, digits, and . _ @ - inside (it names files), at most 64 characters"
            problems.append(RosterProblem(line, column, f"expected {expected}; got {value[:80]!r}"))
    if row["repository"]:
        try:
            row["repository"] = resolve(row["repository"], folder)
        except AddressError as error:
            problems.append(RosterProblem(line, "repository", str(error)))
    if len(problems) > before:
        return None
    return Person(**{column: row.get(column, "") for column in NEEDED + ALLOWED})


def twice(rows: list[tuple[int, dict[str, str]]], column: str) -> list[RosterProblem]:
    """Give each id or email to one person; file names and mail servers may ignore case."""
    seen: dict[str, int] = {}
    problems = []
    for line, row in rows:
        value = row.get(column, "")
        first = seen.setdefault(value.casefold(), line)
        if value and first != line:
            expected = f"expected each {column} once, got {value[:80]!r} again (line {first})"
            problems.append(RosterProblem(line, column, expected))
    return problems


def groups(people: list[tuple[int, Person]]) -> list[RosterProblem]:
    """Give a group one repository, and a repository one group or one person."""
    problems = []
    repository: dict[str, tuple[int, Person]] = {}
    owner: dict[str, tuple[int, Person]] = {}
    for line, person in people:
        if person.group:
            first, other = repository.setdefault(person.group, (line, person))
            if other.repository != person.repository:
                expected = f"that of group {person.group} in line {first}, {other.repository}"
                problems.append(
                    RosterProblem(line, "repository", f"expected {expected}; got {person.repository}")
                )
                continue
        first, other = owner.setdefault(person.repository, (line, person))
        if first != line and (not person.group or other.group != person.group):
            what = f"the repository of line {first}"
            problems.append(
                RosterProblem(
                    line, "repository", f"expected one of their own, got {what}; or name a group for both"
                )
            )
    return problems

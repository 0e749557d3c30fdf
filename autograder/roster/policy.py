"""Deadlines and the cost of late work, from one small TOML file.

deadline = 2026-11-30T23:59:00+01:00        # or a local time, and timezone = "Europe/Zurich"

[late]                     # without this table, late work is not graded
points_a_day = 5           # or percent_a_day, of the points that the checks can give
grace_minutes = 15         # without a penalty
cap = 20                   # take off at most this many points (percent)
accepted_days = 7          # later work is not graded

[[extension]]
person = "s101"            # or group = "team-1"
days = 3                   # or deadline = 2026-12-05T12:00:00+01:00
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, ValidationError

from autograder.core.manifest import syntax_line
from autograder.core.toml_lines import TomlLines
from autograder.core.units import CourseError
from autograder.roster.standing import Person

Number = StrictInt | StrictFloat
Amount = Annotated[Number, Field(ge=0, le=1e6, allow_inf_nan=False)]
Days = Annotated[Number, Field(gt=0, le=3650, allow_inf_nan=False)]
MOMENT = "a date and a time with an offset, like 2026-11-30T23:59:00+01:00"


class PolicyError(CourseError):
    """An invalid policy; the message lists every wrong field as `file:line: ...`."""


class PolicyModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Late(PolicyModel):
    """The cost of late work."""

    points_a_day: Amount | None = Field(None, description="a number of points, at least 0")
    percent_a_day: Amount | None = Field(None, description="a number of percent, at least 0")
    grace_minutes: Amount = Field(0, description="a number of minutes, at least 0")
    cap: Amount | None = Field(None, description="a number of points (percent), at least 0")
    accepted_days: Days | None = Field(None, description="a number of days above 0")


class Extension(PolicyModel):
    """Another deadline for one person or one group."""

    person: str = Field("", description="an id of the roster")
    group: str = Field("", description="a group of the roster")
    days: Days | None = Field(None, description="a number of days above 0")
    deadline: datetime | None = Field(None, description=MOMENT)
    reason: str = Field("", description="a text")


class Policy(PolicyModel):
    """A whole policy. After loading, every time in it has a time zone."""

    deadline: datetime | None = Field(None, description=MOMENT)
    timezone: str = Field("", description='a time zone, like "Europe/Zurich"')
    late: Late | None = Field(None, description="a table")
    extension: tuple[Extension, ...] = Field((), description="[[extension]] tables")

    def deadline_of(self, person: Person) -> datetime | None:
        """UTC; the latest of the class's deadline and this person's extensions."""
        if self.deadline is None:
            return None
        times = [self.deadline]
        for each in self.extension:
            if each.person == person.id or (each.group and each.group == person.group):
                # Days are days of the calendar: across a change of clocks the hour stays the same.
                extended = self.deadline + timedelta(days=each.days) if each.days else each.deadline
                times.append(extended or self.deadline)
        return max(time.astimezone(UTC) for time in times)


def no_policy(deadline: datetime | None = None) -> Policy:
    """The policy without a file: late work is not graded; without a deadline everything is on time."""
    return Policy.model_validate({"deadline": deadline})


def parse_moment(text: str) -> datetime:
    """A time from the command line. Raises CourseError for one without a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CourseError(f"--deadline: expected {MOMENT}, got {text!r}")
    return moment


def load_policy(path: Path, people: tuple[Person, ...] = ()) -> Policy:
    """Read and check a policy; with `people`, its extensions must name some of them.

    Raises PolicyError that names every wrong field with its line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: expected a policy (a TOML file), got: {error}") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{path.name}:{syntax_line(text, error)}: expected TOML, got: {error}") from None
    zone, problems = read_zone(data)
    problems |= wrong_fields(data) | broken_rules(data, zone, people)
    if problems:
        lines = TomlLines(text)
        report = sorted((lines[place], f"{label(place)}: {message}") for place, message in problems.items())
        found = "1 wrong field" if len(report) == 1 else f"{len(report)} wrong fields"
        listing = "\n".join(f"  {path.name}:{line}: {message}" for line, message in report)
        raise PolicyError(f"{found} in {path.name}\n{listing}")
    if isinstance(data.get("deadline"), datetime):
        data["deadline"] = zoned(data["deadline"], zone)
    for table in data.get("extension", []):
        if "deadline" in table:
            table["deadline"] = zoned(table["deadline"], zone)
    return Policy.model_validate(data)


Place = tuple[str | int, ...]
Problems = dict[Place, str]


def label(place: Place) -> str:
    """`extension no. 2, days` for ("extension", 1, "days")."""
    parts = [f"no. {part + 1}," if isinstance(part, int) else part for part in place]
    return " ".join(parts).rstrip(",") if isinstance(place[-1], int) or len(place) < 3 else " ".join(parts)


def zoned(moment: datetime, zone: ZoneInfo | None) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def read_zone(data: dict[str, Any]) -> tuple[ZoneInfo | None, Problems]:
    name = data.get("timezone")
    if not isinstance(name, str) or not name:
        return None, {}
    try:
        return ZoneInfo(name), {}
    except (OSError, ValueError, KeyError):
        return None, {("timezone",): f'expected a time zone, like "Europe/Zurich", got {name!r}'}


def wrong_fields(data: dict[str, Any]) -> Problems:
    """Every field that the models refuse."""
    problems: Problems = {}
    try:
        Policy.model_validate(data)
    except ValidationError as error:
        for each in error.errors():
            place = tuple(part for part in each["loc"] if part not in {"int", "float"})
            model, expected = Policy, "a value"
            for part in place:
                field = model.model_fields.get(str(part)) if not isinstance(part, int) else None
                expected = field.description or expected if field else expected
                model = {"late": Late, "extension": Extension}.get(str(part), model)
            if each["type"] == "extra_forbidden":
                problems[place] = f"expected one of the keys {', '.join(model.model_fields)}"
            else:
                problems.setdefault(place, f"expected {expected}, got {str(each['input'])[:60]!r}")
    return problems


def broken_rules(data: dict[str, Any], zone: ZoneInfo | None, people: tuple[Person, ...]) -> Problems:
    """Rules that span fields."""
    problems: Problems = {}

    def moment(place: Place, value: Any) -> None:
        if not isinstance(value, datetime):
            problems[place] = f"expected {MOMENT}, got {str(value)[:60]!r}"
        elif value.tzinfo is None and zone is None:
            problems[place] = f"expected {MOMENT}; or a `timezone` beside a local time"

    if "deadline" in data:
        moment(("deadline",), data["deadline"])
    late = data.get("late")
    if isinstance(late, dict):
        costs = [key for key in ("points_a_day", "percent_a_day") if key in late]
        if len(costs) != 1:
            problems["late",] = "expected one of points_a_day and percent_a_day"
    ids, names = {person.id for person in people}, {person.group for person in people if person.group}
    extensions = data.get("extension")
    for index, table in enumerate(extensions if isinstance(extensions, list) else []):
        if not isinstance(table, dict):
            continue
        place: Place = ("extension", index)
        if ("person" in table) == ("group" in table):
            problems[place] = "expected a person or a group"
        if ("days" in table) == ("deadline" in table):
            problems[*place, "days"] = "expected days or a deadline"
        if "deadline" in table:
            moment((*place, "deadline"), table["deadline"])
        for key, known in (("person", ids), ("group", names)):
            if people and key in table and table[key] not in known:
                problems[*place, key] = f"expected one of the roster, got {str(table[key])[:60]!r}"
    return problems

"""`assignment.toml`: the tasks of a unit, the checks that give their points, and the limits.

`load_manifest(path)` reads one and reports every wrong field at once, each with its line. manifest_models.py has the
tables of the file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from autograder.core.manifest_models import Limits, Manifest, Manual, Task
from autograder.core.manifest_rules import Problem, broken_rules
from autograder.core.toml_lines import TomlLines
from autograder.core.units import CourseError, Unit

__all__ = [
    "Limits",
    "Manifest",
    "ManifestError",
    "Manual",
    "Task",
    "load_manifest",
    "parse_manifest",
    "unit_manifest",
]


class ManifestError(CourseError):
    """An invalid manifest; the message lists every wrong field as `file:line: ...`."""


def expectation(location: tuple[str | int, ...]) -> tuple[str, list[str]]:
    """The expected value of the field at `location`, and the fields of its table."""
    model: type[BaseModel] = Manifest
    text, siblings = "a table", list_fields(Manifest)
    inner = {"task": Task, "tasks": Task, "limits": Limits, "manual": Manual}
    for part in location:
        siblings = list_fields(model)
        field = next((f for n, f in model.model_fields.items() if part in {n, f.alias}), None)
        if field is None:  # an index, a key of `checks`, or an unknown key
            continue
        text = field.description or "a value"
        model = inner.get(str(part), model)
    if isinstance(location[-1], int) and location[0] in {"task", "manual"} and len(location) == 2:
        text = f"a [[{location[0]}]] table"
    return text, siblings


def list_fields(model: type[BaseModel]) -> list[str]:
    hidden = {"hidden_points"}
    return [field.alias or name for name, field in model.model_fields.items() if name not in hidden]


def shown(value: Any) -> str:
    """A value as short text for a message."""
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def wrong_fields(data: dict[str, Any]) -> list[Problem]:
    """Every field that the models refuse."""
    try:
        Manifest.model_validate(data)
    except ValidationError as error:
        problems: dict[tuple[str | int, ...], Problem] = {}
        errors = error.errors()
        for each in errors:
            # Pydantic appends its own marks to a location: "[key]", or the branch of a union.
            place = tuple(p for p in each["loc"] if p not in {"[key]", "int", "float"})
            place = ("schema", *place[1:]) if place[0] == "version" else place
            expected, siblings = expectation(place)
            if each["type"] == "extra_forbidden":
                expected, got = f"one of the keys {', '.join(siblings)}", f"the unknown key {place[-1]!r}"
            elif each["type"] == "missing":
                got = "nothing"
            elif each["type"] == "too_short" and any(
                other["loc"][:1] == place for other in errors if other != each
            ):
                continue  # its members are wrong, and reported themselves
            elif each["loc"][-1] == "[key]":
                expected, got = "a test's name, like test_sums_rows", repr(place[-1])
            else:
                got = shown(each["input"])
            problems.setdefault(place, Problem(place, expected, got))
        return list(problems.values())
    return []


def load_manifest(path: Path) -> Manifest:
    """Read and check one `assignment.toml`.

    Raises ManifestError that names every wrong field, one a line:
    `assignments/01_x/assignment.toml:12: task 01.2, points: expected ..., got ...`.
    """
    name = "/".join(path.parts[-3:])
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ManifestError(f"{name}: expected a manifest, got no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{name}: expected a text file in UTF-8, got: {error}") from None
    return parse_manifest(text, name, folder=path.parent.name)


def parse_manifest(text: str, name: str, *, folder: str) -> Manifest:
    """The manifest in `text`; messages call it `name`, and `folder` must be its unit. See load_manifest."""
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{name}:{syntax_line(text, error)}: expected TOML, got: {error}") from None
    lines = TomlLines(text)
    problems = wrong_fields(data) + broken_rules(data, folder=folder)
    if problems:
        report = sorted((lines[problem.place], problem.render(data)) for problem in problems)
        found = "1 wrong field" if len(report) == 1 else f"{len(report)} wrong fields"
        listing = "\n".join(f"  {name}:{line}: {message}" for line, message in report)
        raise ManifestError(f"{found} in {name}\n{listing}")
    return Manifest.model_validate(data)


def syntax_line(text: str, error: tomllib.TOMLDecodeError) -> int:
    """The line that the parser names in its message (3.14 has it as an attribute), or the last one."""
    _, found, rest = str(error).partition("at line ")
    return int(rest.partition(",")[0]) if found else text.count("\n") + 1


def unit_manifest(unit: Unit) -> Manifest:
    """The manifest of a unit. Raises CourseError for a unit without one."""
    if not unit.manifest.is_file():
        raise ManifestError(
            f"unit {unit.slug} has no assignment\n  expected: assignments/{unit.slug}/assignment.toml"
        )
    return load_manifest(unit.manifest)

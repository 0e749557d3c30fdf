"""Rules of a manifest that span fields: sums, duplicate names, files that must be listed.

They check the raw table, so that a wrong type in one place does not hide a wrong sum in another.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One wrong field."""

    place: tuple[str | int, ...]  # ("task", 2, "points")
    expected: str
    got: str

    def render(self, data: dict[str, Any]) -> str:
        return f"{self.field(data)}: expected {self.expected}, got {self.got}"

    def field(self, data: dict[str, Any]) -> str:
        """The name of the field, like `task 01.3, checks.test_a`."""
        place = list(self.place)
        if len(place) > 1 and place[0] in {"task", "manual"} and isinstance(place[1], int):
            tables = listing(data.get(place[0]))
            table = tables[place[1]] if place[1] < len(tables) else {}
            name = table.get("id") if isinstance(table, dict) else None
            word = "task" if place[0] == "task" else "manual part"
            head = f"{word} {name}" if isinstance(name, str) else f"{word} no. {place[1] + 1}"
            rest = ".".join(str(part) for part in place[2:])
            return f"{head}, {rest}" if rest else head
        text = str(place[0])
        for part in place[1:]:
            text += f"[{part}]" if isinstance(part, int) else f".{part}"
        return text


def listing(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def broken_rules(data: dict[str, Any], *, folder: str) -> list[Problem]:
    """Every broken rule; `folder` is the name of the assignment's folder."""
    tasks = [(i, task) for i, task in enumerate(listing(data.get("task"))) if isinstance(task, dict)]
    problems = [*unit_rules(data, folder), *file_rules(data), *order_rules(tasks, str(data.get("unit"))[:2])]
    problems += [*twice_rules(tasks), *task_rules(tasks, data), *unused_rules(tasks, data)]
    return [*problems, *manual_rules(data)]


def unit_rules(data: dict[str, Any], folder: str) -> Iterator[Problem]:
    unit = data.get("unit")
    if isinstance(unit, str) and unit and unit != folder:
        yield Problem(("unit",), f'"{folder}", the name of the folder', repr(unit))


def file_rules(data: dict[str, Any]) -> Iterator[Problem]:
    """List each file once, and no file that hides a library from the student's imports."""
    seen: dict[str, str] = {}
    preload = {str(name) for name in listing(data.get("preload"))}
    for task in listing(data.get("task")):
        preload |= {str(name) for name in listing(task.get("preload") if isinstance(task, dict) else None)}
    for field in ("modules", "given"):
        for index, name in enumerate(listing(data.get(field))):
            if not isinstance(name, str):
                continue
            if name in seen:
                yield Problem((field, index), "each file once in `modules` and `given`", f"{name!r} again")
            seen[name] = field
            stem = name.removesuffix(".py")
            if stem in sys.stdlib_module_names or stem in preload:
                yield Problem(
                    (field, index), "a name that no library has", f"{name!r}, which hides `import {stem}`"
                )


def order_rules(tasks: list[tuple[int, dict[str, Any]]], number: str) -> Iterator[Problem]:
    for index, task in tasks:
        wanted = f"{number}.{index + 1}"
        if isinstance(task.get("id"), str) and task["id"] != wanted:
            yield Problem(
                ("task", index, "id"), f'"{wanted}" (tasks count up from {number}.1)', repr(task["id"])
            )


def twice_rules(tasks: list[tuple[int, dict[str, Any]]]) -> Iterator[Problem]:
    """Give each id, function, check and body to only one task."""
    ids: dict[str, int] = {}
    functions: dict[str, int] = {}
    checks: dict[str, int] = {}
    bodies: dict[tuple[str, str], int] = {}

    def first(seen: dict[Any, int], key: Any, index: int) -> bool:
        return seen.setdefault(key, index) == index

    def name(index: int) -> str:
        return str(dict(tasks)[index].get("id", f"no. {index + 1}"))

    for index, task in tasks:
        for field, seen in (("id", ids), ("function", functions)):
            value = task.get(field)
            if isinstance(value, str) and not first(seen, value, index):
                got = f"{value!r} again (first in task no. {seen[value] + 1})"
                yield Problem(("task", index, field), "a name that no other task has", got)
        for check in task.get("checks", {}) if isinstance(task.get("checks"), dict) else {}:
            if not first(checks, check, index):
                got = f"it in task {name(checks[check])} too"
                yield Problem(("task", index, "checks", check), "each check in one task", got)
        for body in listing(task.get("bodies")) or [task.get("function")]:
            key = (str(task.get("module")), str(body))
            if isinstance(body, str) and not first(bodies, key, index):
                got = f"{body!r} in task {name(bodies[key])} too"
                field = "bodies" if "bodies" in task else "function"
                yield Problem(("task", index, field), "each body in one task", got)


def task_rules(tasks: list[tuple[int, dict[str, Any]]], data: dict[str, Any]) -> Iterator[Problem]:
    modules = [name for name in listing(data.get("modules")) if isinstance(name, str)]
    for index, task in tasks:
        module = task.get("module")
        if isinstance(module, str) and module not in modules:
            expected = f"one of the files in `modules` ({', '.join(modules) or 'it is empty'})"
            yield Problem(("task", index, "module"), expected, repr(module))
        checks, hidden, points = task.get("checks", {}), task.get("hidden_points", 0), task.get("points")
        if not isinstance(checks, dict) or not is_count(hidden) or not is_count(points):
            continue
        if not checks and not hidden:
            yield Problem(("task", index, "checks"), "at least one check", "none")
        elif all(is_count(value) for value in checks.values()) and sum(checks.values()) + hidden != points:
            total = " + ".join(str(value) for value in [*checks.values(), *([hidden] if hidden else [])])
            expected = f"the sum of its checks, {total} = {sum(checks.values()) + hidden}"
            yield Problem(("task", index, "points"), expected, str(points))


def unused_rules(tasks: list[tuple[int, dict[str, Any]]], data: dict[str, Any]) -> Iterator[Problem]:
    """Give every module a task: one without a task would be handed out with its solution."""
    used = {task.get("module") for _, task in tasks if isinstance(task.get("module"), str)}
    for index, name in enumerate(listing(data.get("modules"))):
        if tasks and isinstance(name, str) and name not in used:
            yield Problem(
                ("modules", index), "a task for every module (or the file in `given`)", f"none for {name!r}"
            )


def manual_rules(data: dict[str, Any]) -> Iterator[Problem]:
    """Number manual parts with the unit's number, and a different letter for each."""
    number, seen = str(data.get("unit"))[:2], set()
    for index, part in enumerate(listing(data.get("manual"))):
        name = part.get("id") if isinstance(part, dict) else None
        if not isinstance(name, str):
            continue
        if name[:2] != number:
            expected = f'the unit\'s number, a dot and a capital letter, like "{number}.E"'
            yield Problem(("manual", index, "id"), expected, repr(name))
        elif name in seen:
            yield Problem(("manual", index, "id"), "a letter that no other part has", f"{name!r} again")
        seen.add(name)

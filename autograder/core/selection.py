"""Find the unit or the tasks that a person names.

01  matmul_cpu  01_matmul_cpu       a unit
01.3  matmul_cpu.3  01.numba_loops  a task
numba_loops  compiled.py  _tile     the tasks that have this function, or this file
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.core.manifest import Manifest, Task, unit_manifest
from autograder.core.units import CourseError, Unit, find_unit, find_units


@dataclass(frozen=True)
class Asked:
    """A unit and the named tasks; no tasks for the whole unit."""

    unit: Unit
    manifest: Manifest
    tasks: tuple[Task, ...] = ()

    @property
    def ids(self) -> set[str] | None:
        """The tasks' ids, for the judge; None for the whole unit."""
        return {task.id for task in self.tasks} or None

    @property
    def name(self) -> str:
        """The name in messages: "01", or "01.3, 01.4"."""
        return ", ".join(task.id for task in self.tasks) or self.unit.number


def find_asked(wanted: str, root: Path | None = None, *, here: str = "") -> Asked:
    """The unit or the tasks with the name `wanted`; "" for the only unit with a desk.

    here: the slug of the unit whose names win over those of others. Raises CourseError that lists the known names.
    """
    words = [word for word in wanted.strip().split("/") if word]
    if not words:
        return whole(find_unit(here, root) if here else only_desk(root))
    name, _, rest = words[-1].partition(".")
    units = find_units(root)
    known = {word for unit in units for word in (unit.slug, unit.name)}
    if name.isdecimal() or (name in known and rest != "py"):
        unit = find_unit(name, root)
        if not rest:
            return whole(unit)
        manifest, number = unit_manifest(unit), rest.lstrip("0")
        task = manifest.task(f"{unit.number}.{number}" if number.isdecimal() else rest)
        return Asked(unit, manifest, (task,))
    folders = [unit for unit in units if unit.slug in words[:-1]]  # typed as a path
    return by_name(words[-1], folders or units, here)


def whole(unit: Unit) -> Asked:
    return Asked(unit, unit_manifest(unit))


def only_desk(root: Path | None = None) -> Unit:
    """The only unit with a desk. Raises CourseError if there is none, or more than one."""
    units = [unit for unit in find_units(root) if unit.manifest.exists()]
    desks = [unit for unit in units if unit.desk.is_dir()]
    if len(desks) == 1:
        return desks[0]
    if not desks:
        raise CourseError("you have no files in work/ yet\n  to fix: ./mlsys lab")
    listing = ", ".join(unit.slug for unit in desks)
    raise CourseError(
        f"you have files of several units: {listing}\n  expected: one of them, like {desks[0].number}"
    )


def by_name(name: str, units: list[Unit], here: str) -> Asked:
    """The tasks of one unit that have a function or a file of this name."""
    found = []
    for unit in units:
        if unit.manifest.exists():
            manifest = unit_manifest(unit)
            if tasks := tuple(task for task in manifest.tasks if is_called(task, name)):
                found.append(Asked(unit, manifest, tasks))
    nearest = [each for each in found if each.unit.slug == here]
    nearest = nearest or [each for each in found if each.unit.desk.is_dir()] or found
    if len(nearest) == 1:
        return nearest[0]
    if nearest:
        listing = ", ".join(task.id for each in nearest for task in each.tasks)
        raise CourseError(f"several tasks have the name {name!r}\n  expected: one of {listing}")
    known = ", ".join(unit.slug for unit in units) or "none"
    raise CourseError(
        f"unknown name {name!r}\n  expected: a unit ({known}), a task, like 01.3, "
        "or a function or a file of a task"
    )


def is_called(task: Task, name: str) -> bool:
    bodies = {body.rpartition(".")[2] for body in task.asked}
    return name in {task.function, *task.asked, *bodies, task.module, task.module.removesuffix(".py")}


def one_task(wanted: str, root: Path | None = None) -> tuple[Unit, Manifest, Task]:
    """Like `find_asked`, for a command that needs one task."""
    asked = find_asked(wanted, root)
    if len(asked.tasks) == 1:
        return asked.unit, asked.manifest, asked.tasks[0]
    if not asked.tasks:
        first = asked.manifest.tasks[0].id
        raise CourseError(f"{wanted} is a unit, not a task\n  expected: a task, like {first}")
    raise CourseError(f"{wanted} belongs to several tasks\n  expected: one of {asked.name}")

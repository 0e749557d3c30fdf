"""What a person types for a unit or a task: "01", "matmul_cpu", "01.3", "01.numba_loops", "matmul_cpu.3"."""

from __future__ import annotations

from pathlib import Path

from autograder.course.manifest import Manifest, Task, unit_manifest
from autograder.course.units import CourseError, Unit, find_unit


def find_task(wanted: str, root: Path | None = None) -> tuple[Unit, Manifest, Task | None]:
    """The unit, its manifest, and the task that `wanted` names; None where it names a whole unit.

    Raises CourseError that lists the units, or the unit's tasks.
    """
    name, _, rest = wanted.strip().partition(".")
    unit = find_unit(name, root)
    manifest = unit_manifest(unit)
    if not rest:
        return unit, manifest, None
    number = rest.lstrip("0")
    return unit, manifest, manifest.task(f"{unit.number}.{number}" if number.isdecimal() else rest)


def one_task(wanted: str, root: Path | None = None) -> tuple[Unit, Manifest, Task]:
    """Like `find_task`, for a command that needs a task."""
    unit, manifest, task = find_task(wanted, root)
    if task is None:
        raise CourseError(f"{wanted} is a whole unit\n  expected: a task, like {manifest.tasks[0].id}")
    return unit, manifest, task

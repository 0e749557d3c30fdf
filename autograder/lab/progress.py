"""Results of `./mlsys check`, kept in `work/.progress/NN_slug.json` for `./mlsys status`.

Each task records its last check and the hashes of its files, so that status can say "edited since". The file is
replaced as a whole, under a lock: after a kill, it is the old one or the new one.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autograder.core.files import write_atomic
from autograder.core.locks import locked
from autograder.core.manifest import Manifest
from autograder.core.result import GradeResult, Status, TaskResult
from autograder.core.units import Unit


class ProgressRecord(BaseModel):
    """The last check of one task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: int
    max_points: int
    status: Status
    checked: str  # UTC, ISO 8601
    tier: str
    seed: int
    files: dict[str, str]  # name -> sha256 of the task's module, and of its imports from the desk
    tests: dict[str, Status]
    best: int  # the most points of any check so far


class Progress(BaseModel):
    """The records of one unit."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    version: Literal["mlsys/progress/v1"] = Field(default="mlsys/progress/v1", alias="schema")
    unit: str
    tasks: dict[str, ProgressRecord] = {}


def progress_file(unit: Unit) -> Path:
    return unit.desk.parent / ".progress" / f"{unit.slug}.json"


def read_progress(unit: Unit) -> tuple[Progress, str]:
    """The stored progress, and a message if it could not be read ("" otherwise)."""
    path = progress_file(unit)
    try:
        return Progress.model_validate_json(path.read_bytes()), ""
    except FileNotFoundError:
        return Progress(unit=unit.slug), ""
    except (OSError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        fix = f"./mlsys check {unit.number} writes it again"
        return Progress(unit=unit.slug), f"work/.progress/{path.name} cannot be read ({reason}); {fix}"


def record(unit: Unit, manifest: Manifest, result: GradeResult, desk: Path | None = None) -> None:
    """Store the tasks of `result`; a task on which the grader failed keeps its former record.

    Keeps an unreadable progress file beside the new one.
    """
    path = progress_file(unit)
    with locked(path.parent / "lock"):
        old, trouble = read_progress(unit)
        if trouble and path.is_file():
            write_atomic(path.with_suffix(".json.unreadable"), path.read_bytes())
        tasks = dict(old.tasks)
        graded = {file.path: file.sha256 for file in result.files}
        for task in result.tasks:
            if task.status is not Status.INFRA_ERROR:
                files = counted_files(manifest.task(task.id).module, desk or unit.desk, manifest.modules)
                hashes = {name: graded.get(name, "") for name in files}
                tasks[task.id] = new_record(result, task, hashes, tasks.get(task.id))
        for stray in path.parent.glob(f".{path.name}.*.tmp"):  # of a write that was killed
            stray.unlink(missing_ok=True)
        write_atomic(path, Progress(unit=unit.slug, tasks=tasks).model_dump_json(indent=2) + "\n")


def new_record(
    result: GradeResult, task: TaskResult, files: dict[str, str], old: ProgressRecord | None
) -> ProgressRecord:
    return ProgressRecord(
        points=task.points,
        max_points=task.max_points,
        status=task.status,
        checked=result.started,
        tier=result.tier,
        seed=result.seed,
        files=files,
        tests={test.name: test.status for test in task.tests},
        best=max(task.points, old.best if old else 0),
    )


def counted_files(module: str, desk: Path, modules: tuple[str, ...]) -> list[str]:
    """The files that decide a task's result: its module, and its imports among `modules`."""
    found, left = [], [module]
    while left:
        name = left.pop()
        if name in found:
            continue
        found.append(name)
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            for node in ast.walk(ast.parse((desk / name).read_bytes())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                left += [f"{each}.py" for each in names if f"{each}.py" in modules]
    return found


def edited_since(files: Mapping[str, str], desk: Path) -> list[str]:
    """The names of the files that changed since they were graded."""
    return [name for name, sha256 in files.items() if file_hash(desk / name) != sha256]


def file_hash(path: Path) -> str:
    """The SHA-256 of a file as hexadecimal digits; "" when it is not there."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""

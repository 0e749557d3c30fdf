"""The tables of `assignment.toml`: the tasks of a unit with their checks, points and limits, and the manual parts.

The student tree carries the same file without its hidden checks: their points stay, as `hidden_points`.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from itertools import chain
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt

from autograder.core.units import CourseError

Text = Annotated[str, Field(min_length=1, strict=True)]
Count = Annotated[StrictInt, Field(gt=0)]
Seconds = Annotated[StrictInt | StrictFloat, Field(gt=0, le=86_400)]
FileName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*\.py$", strict=True)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$", strict=True)]
QualifiedName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$", strict=True)]
ImportName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$", strict=True)]
CheckName = Annotated[str, Field(pattern=r"^test_\w+$", strict=True)]


class ManifestModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Limits(ManifestModel):
    """Limits of one test; the sandbox enforces them."""

    wall_seconds: Seconds = Field(default=120, description="a number of seconds above 0")
    cpu_seconds: Seconds = Field(default=240, description="a number of seconds above 0")
    memory_mb: Count = Field(default=4096, description="a whole number of MB above 0")
    processes: Count = Field(default=64, description="a whole number above 0 (threads count as processes)")
    output_kb: Count = Field(default=256, description="a whole number of kB above 0")
    disk_mb: Count = Field(default=256, description="a whole number of MB above 0")
    cores: Count = Field(
        default=1, description="a whole number above 0: the cores that a test may keep busy"
    )  # what a grader of many submissions reserves; nothing enforces it


class TaskLimits(ManifestModel):
    """Limits of one task; missing ones come from the unit."""

    wall_seconds: Seconds | None = Field(default=None, description="a number of seconds above 0")
    cpu_seconds: Seconds | None = Field(default=None, description="a number of seconds above 0")
    memory_mb: Count | None = Field(default=None, description="a whole number of MB above 0")
    processes: Count | None = Field(
        default=None, description="a whole number above 0 (threads count as processes)"
    )
    output_kb: Count | None = Field(default=None, description="a whole number of kB above 0")
    disk_mb: Count | None = Field(default=None, description="a whole number of MB above 0")
    cores: Count | None = Field(
        default=None, description="a whole number above 0: the cores that a test may keep busy"
    )


class Task(ManifestModel):
    """One function that the student writes."""

    id: str = Field(
        pattern=r"^\d\d\.[1-9]\d?$", description='the unit\'s number, a dot and a count, like "01.3"'
    )
    function: Identifier = Field(description="the name of the function that the checks call")
    module: FileName = Field(description="one of the files in `modules`")
    title: Text = Field(description="a short title")
    points: Count = Field(description="a whole number above 0")
    checks: dict[CheckName, Count] = Field(
        default_factory=dict, description="a whole number of points above 0 for each test"
    )
    hidden_points: Annotated[StrictInt, Field(ge=0)] = Field(
        0, description="a whole number of points that hidden checks give (only ./mlsys release writes it)"
    )
    bodies: tuple[QualifiedName, ...] = Field(
        (), description='a list of functions of the module, like ["_kernel"] or ["Tree.insert"]'
    )
    remove: tuple[Identifier, ...] = Field(
        (), description="a list of top-level helpers that the starter leaves out"
    )
    preload: tuple[ImportName, ...] = Field(
        default=(),
        description='a list of import names that this task needs beside the unit\'s, like ["torch"]',
    )
    limits: TaskLimits = Field(default=TaskLimits(), description="a table of limits")

    @property
    def number(self) -> int:
        """3 for task 01.3."""
        return int(self.id.partition(".")[2])

    @property
    def asked(self) -> tuple[str, ...]:
        """The functions whose bodies the student writes: `bodies`, or only the task's function."""
        return self.bodies or (self.function,)

    @property
    def public_points(self) -> int:
        """The points of the checks listed here; the instructor's hidden checks give the rest."""
        return self.points - self.hidden_points


class Manual(ManifestModel):
    """One part of the rubric that people grade: an explanation, a work log."""

    id: str = Field(
        pattern=r"^\d\d\.[A-Z]$", description='the unit\'s number, a dot and a capital letter, like "01.E"'
    )
    title: Text = Field(description="a short title")
    points: Count = Field(description="a whole number above 0")
    criteria: tuple[Text, ...] = Field(
        min_length=1, description="a list of sentences that say what earns points"
    )


class Manifest(ManifestModel):
    """A whole `assignment.toml`."""

    version: Literal[1] = Field(alias="schema", description="1")
    unit: Text = Field(description="the name of the assignment's folder")
    title: Text = Field(description="a short title")
    modules: tuple[FileName, ...] = Field(
        min_length=1, description='a list of file names in lower case, like ["loops.py"]'
    )
    given: tuple[FileName, ...] = Field(
        (), description='a list of file names in lower case, like ["shapes.py"]'
    )
    preload: tuple[ImportName, ...] = Field(default=(), description='a list of import names, like ["numpy"]')
    gpu: StrictBool = Field(
        default=False, description="true if submissions may use an NVIDIA GPU, else false"
    )  # and where there is none, they run all the same
    limits: Limits = Field(default=Limits(), description="a table of limits")
    tasks: tuple[Task, ...] = Field(alias="task", min_length=1, description="at least one [[task]]")
    manual: tuple[Manual, ...] = Field((), description="a list of [[manual]] tables")

    @property
    def points(self) -> int:
        """The points that checks give."""
        return sum(task.points for task in self.tasks)

    @property
    def manual_points(self) -> int:
        """The points that people give."""
        return sum(part.points for part in self.manual)

    @property
    def total_points(self) -> int:
        """All points of the unit: checks and manual parts."""
        return self.points + self.manual_points

    @property
    def hidden_points(self) -> int:
        return sum(task.hidden_points for task in self.tasks)

    @cached_property
    def checks(self) -> dict[str, tuple[Task, int]]:
        """Test function -> (its task, its points), in the order of the file."""
        return {name: (task, points) for task in self.tasks for name, points in task.checks.items()}

    def task(self, wanted: str) -> Task:
        """The task "01.3", by its id or by its function's name. Raises CourseError that lists the tasks."""
        for task in self.tasks:
            if wanted in {task.id, task.function}:
                return task
        known = ", ".join(f"{task.id} {task.function}" for task in self.tasks)
        raise CourseError(f"unit {self.unit} has no task {wanted!r}\n  expected: one of {known}")

    def preload_for(self, tasks: Collection[str] | None) -> tuple[str, ...]:
        """The imports of a worker before the tests of these tasks (ids; None: of all): the unit's, then theirs."""
        theirs = (task.preload for task in self.tasks if tasks is None or task.id in tasks)
        return tuple(dict.fromkeys(chain(self.preload, *theirs)))

    def limits_for(self, task: Task) -> Limits:
        """The unit's limits, replaced by those of the task."""
        return self.limits.model_copy(update=task.limits.model_dump(exclude_none=True))

    def within(self, seconds: float) -> Manifest:
        """The same manifest, with no test allowed more than these seconds."""
        tasks = [
            task.model_copy(
                update={
                    "limits": task.limits.model_copy(
                        update={"wall_seconds": min(seconds, self.limits_for(task).wall_seconds)}
                    )
                }
            )
            for task in self.tasks
        ]
        copied = self.model_copy(update={"tasks": tuple(tasks)})
        vars(copied).pop("checks", None)  # of the tasks before
        return copied

"""A class of a miniature course: what its students write, its roster, and how it is graded."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.core.manifest import unit_manifest
from autograder.core.units import Unit, course_root
from autograder.reports.class_report import write_class
from autograder.roster.collect import collect
from autograder.roster.engines import Done, Needs
from autograder.roster.git import FetchLimits
from autograder.roster.local import LocalEngine
from autograder.roster.policy import Policy, no_policy
from autograder.roster.receipts import Store
from autograder.roster.run import GradingRun, RunOutcome, run
from autograder.roster.standing import Person, Standing
from autograder.tests.judge.small_course import CHECK, Course
from autograder.tests.needs import need_sandbox
from autograder.tests.tree import copy_tree

THREE = (
    CHECK
    + """
@pytest.mark.task("02.1")
def test_adds(student, rng):
    a, b = rng.integers(1, 9, 4).tolist(), rng.integers(1, 9, 4).tolist()
    expect_equal(student.call("add", a[0], b[0]), a[0] + b[0])

@pytest.mark.task("02.1")
def test_floats(student, rng):
    a, b = rng.random(3), rng.random(3)
    expect_close(student.call("add", a, b), a + b)

@pytest.mark.task("02.1")
def test_empty(student):
    expect_equal(student.call("add", "", ""), "")
"""
)
RIGHT = "def add(a, b):\n    return a + b\n"  # 10 points
HALF = "def add(a, b):\n    return a + b if len(str(a)) else 0\n"  # 5: the empty text is wrong
WRONG = "def add(a, b):\n    return 0\n"  # none
CRASH = "import os\nos._exit(0)\n"


def make_course(course: Course) -> Course:
    """The files that a unit needs, without its manifest and checks."""
    course.checks()
    course.write("assignments/02_sums/sums.py", "def add(a, b):\n    raise NotImplementedError('02.1 add')\n")
    course.write("assignments/02_sums/helpers.py", "SECRET = 'given by the course'\n")
    course.write("reference/__init__.py", "")
    course.write("reference/sums/__init__.py", "VALUE = 'the solution'\n")
    return course


def make_tree(tmp_path: Path) -> Course:
    """The course itself with the miniature unit: what the command line needs. Skips where there is no sandbox."""
    need_sandbox()
    root = copy_tree(tmp_path / "tree", "autograder")
    shutil.rmtree(root / "autograder" / "checks")  # or its number would be that of a real unit
    course = make_course(Course(Unit("02_sums", root), root))
    course.write("reference/shared/machine.py", (course_root() / "reference/shared/machine.py").read_bytes())
    course.checks(THREE, {"test_adds": 2, "test_floats": 3, "test_empty": 5})
    return course


def desk(text: str) -> dict[str, str | bytes]:
    """The files of a repository with this answer."""
    return {"work/02_sums/sums.py": text, "README.md": "mine\n"}


def person(id: str, repository: str, group: str = "") -> Person:
    return Person(id=id, name=f"Student {id}", repository=repository, group=group)


class Class:
    """A roster of the course, with everything where `./mlsys grade` has it."""

    def __init__(self, course: Course, people: list[Person], out: Path, **limits: Any) -> None:
        self.course, self.people, self.out = course, tuple(people), out
        self.limits = FetchLimits(**limits)
        self.engine_runs = 0

    @property
    def store(self) -> Store:
        """As a new process finds it."""
        return Store(self.out / "repositories", self.limits)

    def collect(self) -> dict[str, str]:
        return collect(self.people, self.store)

    def grade(self, policy: Policy | None = None, engine: Any = None, **changes: Any) -> RunOutcome:
        """Grade what was collected."""
        manifest = unit_manifest(self.course.unit)
        grading = GradingRun(
            self.course.unit, manifest, self.people, policy or no_policy(), self.store, self.out, seed=7
        )

        def make() -> Any:
            self.engine_runs += 1
            return engine or LocalEngine(2, Needs.of(manifest))

        return run(replace(grading, **changes), make, lambda *_: ignore, write_class)


def ignore(_: Done) -> None:
    """No progress is drawn."""


def by_id(outcome: RunOutcome) -> dict[str, Standing]:
    return {each.person.id: each for each in outcome.people}


def points(outcome: RunOutcome) -> dict[str, float | None]:
    """Person -> points, None where nothing was graded."""
    return {each.person.id: each.points if each.result else None for each in outcome.people}


def late_policy(deadline: datetime, **late: Any) -> Policy:
    return Policy.model_validate({"deadline": deadline, "late": late})

"""A miniature course in a temporary folder: the grader's own tests write its checks and its submissions."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.core.result import GradeResult, TestResult
from autograder.core.units import Unit
from autograder.judge.grading import grade_submission

MANIFEST = """
schema = 1
unit = "02_sums"
title = "Sums"
modules = ["sums.py"]
given = ["helpers.py"]
preload = ["numpy"]

[limits]
LIMITS

[[task]]
id = "02.1"
function = "add"
module = "sums.py"
title = "Add two arrays"
points = POINTS
[task.checks]
CHECKS
"""

LIMITS = {
    "wall_seconds": 10,
    "cpu_seconds": 10,
    "memory_mb": 512,
    "processes": 32,
    "output_kb": 16,
    "disk_mb": 32,
}

CHECK = """
import numpy as np
import pytest

from autograder.judge.checking import expect_close, expect_equal

"""

ONE = (
    CHECK
    + """
@pytest.mark.task("02.1")
def test_one(student, rng):
    a, b = rng.random((2, 3)), rng.random((2, 3))
    expect_close(student.call("add", a, b), a + b, hint="every element once")
"""
)

ADD = "def add(a, b):\n    return a + b\n"


@dataclass
class Course:
    """The unit, and what a test writes into it."""

    unit: Unit
    root: Path

    def write(self, path: str, text: str | bytes) -> Path:
        """A file of the course; a str is dedented."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(textwrap.dedent(text).encode() if isinstance(text, str) else text)
        return target

    def checks(self, text: str = ONE, points: dict[str, int] | None = None, **limits: int | float) -> None:
        """Replace the checks, their points and their limits."""
        points = points or {"test_one": 1}
        manifest = MANIFEST.replace(
            "LIMITS", "\n".join(f"{k} = {v}" for k, v in {**LIMITS, **limits}.items())
        )
        manifest = manifest.replace("POINTS", str(sum(points.values())))
        manifest = manifest.replace("CHECKS", "\n".join(f"{k} = {v}" for k, v in points.items()))
        self.write("assignments/02_sums/assignment.toml", manifest)
        self.write("autograder/checks/02_sums/test_sums.py", text)

    def submission(self, sums: str | bytes | None = ADD) -> Path:
        """A folder with this sums.py; None leaves it out."""
        folder = self.root / "desks" / "ada"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sums.py").unlink(missing_ok=True)
        if sums is not None:
            self.write("desks/ada/sums.py", sums)
        return folder

    def grade(self, sums: str | bytes | None = ADD, **options) -> GradeResult:
        """Grade a submission made of this sums.py."""
        return grade_submission(self.unit, self.submission(sums), **{"seed": 7, **options})

    def one(self, sums: str | bytes | None = ADD, **options) -> TestResult:
        """The result of the first test."""
        return self.grade(sums, **options).tests[0]

    def answer(self, sums: str, *args: object, **limits) -> Any:
        """What the student's add returns to a check, through the whole judge."""
        out = self.root / "answer.json"
        out.unlink(missing_ok=True)
        self.checks(
            f"""
            import json, pathlib
            def test_one(student):
                pathlib.Path({str(out)!r}).write_text(json.dumps(student.call("add", *{args!r})))
            """,
            **limits,
        )
        result = self.one(sums)
        assert result.passed, result
        return json.loads(out.read_text())

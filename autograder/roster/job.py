"""One submission to grade, as text for another process or machine; and its grading."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.core.result import GradeResult
from autograder.core.units import Unit
from autograder.judge.grading import grade_submission
from autograder.judge.recorder import Started
from autograder.judge.submission import Submission
from autograder.roster.cores import Cores


@dataclass(frozen=True)
class Job:
    """A submission and the seed of its inputs. Equal keys give equal points, on every machine."""

    key: str
    unit: Unit
    seed: int
    submission: Submission
    gpu: bool = False  # whether it may use a GPU of the machine that grades

    def to_json(self) -> str:
        """One line."""
        data = {"key": self.key, "unit": self.unit.slug, "root": str(self.unit.root), "seed": self.seed}
        return json.dumps(data | {"submission": self.submission.to_data(), "gpu": self.gpu})

    @classmethod
    def from_json(cls, text: str | bytes) -> Job:
        data = json.loads(text)
        unit = Unit(data["unit"], Path(data["root"]))
        submission = Submission.from_data(data["submission"])
        return cls(data["key"], unit, data["seed"], submission, data["gpu"])


def grade_job(
    job: Job, cores: Cores | None = None, on_start: Callable[[Started], None] | None = None
) -> GradeResult:
    """Grade in this process, in the sandbox. Raises CourseError without one, and for a broken manifest."""
    return grade_submission(
        job.unit,
        job.submission,
        name=job.key[:12],
        seed=job.seed,
        sandbox="require",
        reserve=cores.hold if cores is not None else None,
        on_start=on_start,
        gpu=job.gpu,
    )

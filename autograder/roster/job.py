"""One submission to be graded, as text that any process or machine can take; and the grading of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from autograder.core.result import GradeResult
from autograder.core.scratch import scratch_folder
from autograder.core.units import Unit
from autograder.roster.cores import Cores
from autograder.roster.snapshot import Snapshot


@dataclass(frozen=True)
class Job:
    """What to grade, with which inputs. Equal keys give equal points, on every machine."""

    key: str
    unit: Unit
    seed: int
    snapshot: Snapshot
    gpu: bool = False  # whether it may use a GPU of the machine that grades

    def to_json(self) -> str:
        """One line."""
        data = {"key": self.key, "unit": self.unit.slug, "root": str(self.unit.root), "seed": self.seed}
        return json.dumps(data | {"snapshot": self.snapshot.to_data(), "gpu": self.gpu})

    @classmethod
    def from_json(cls, text: str | bytes) -> Job:
        data = json.loads(text)
        unit = Unit(data["unit"], Path(data["root"]))
        return cls(data["key"], unit, data["seed"], Snapshot.from_data(data["snapshot"]), data["gpu"])


def grade_job(job: Job, cores: Cores | None = None) -> GradeResult:
    """Grade in this process, in the sandbox. Raises CourseError without one, and for a broken manifest."""
    from autograder.judge.grading import grade_submission

    with scratch_folder("job") as scratch:
        folder = scratch / "submission"
        folder.mkdir()
        job.snapshot.write(folder)
        reserve = cores.hold if cores is not None else None
        return grade_submission(
            job.unit,
            folder,
            name=job.key[:12],
            seed=job.seed,
            sandbox="require",
            reserve=reserve,
            refused=job.snapshot.refused,
            gpu=job.gpu,
        )

"""The sandboxes of one grading: the student's, and the baseline's if a check needs it."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

from autograder.core.files import open_to_all
from autograder.core.manifest import Limits, Manifest, Task
from autograder.core.units import CourseError, Unit
from autograder.judge.sandbox.gpu import Driver
from autograder.judge.sandbox.plan import SandboxPlan
from autograder.judge.session.patience import Patience
from autograder.judge.session.session import Session
from autograder.judge.session.student import SandboxedStudent
from reference.shared.machine import usable_cores


class Sessions:
    """Makes the proxies that checks use. `folder`: where the submission came from, if it was one; `tasks`: whose
    checks will run.
    """

    def __init__(
        self,
        unit: Unit,
        manifest: Manifest,
        scratch: Path,
        tier: str,
        folder: Path | None,
        gpu: Driver | None = None,
        tasks: Collection[str] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.patience = patience or Patience()
        self.preload = manifest.preload_for(tasks)
        self.unit, self.manifest, self.scratch, self.tier, self.gpu = unit, manifest, scratch, tier, gpu
        # A course that is installed, not linked, would lie among the interpreter's packages.
        packages = [Path(place, name) for place in sys.path for name in ("reference", "autograder") if place]
        origin = () if folder is None else (folder, folder.parent)  # beside it lie others' submissions
        self.hidden = (unit.root, *origin, *packages)
        self.functions = {task.function: task.module for task in manifest.tasks}
        self.functions |= {
            body: task.module for task in manifest.tasks for body in task.asked if "." not in body
        }
        self.session = self.open("student", scratch / "submission", self.functions)
        self.rival: Session | None = None

    def open(self, name: str, submission: Path, functions: dict[str, str]) -> Session:
        room = open_to_all(self.scratch / name)
        limits = self.manifest.limits
        plan = SandboxPlan(
            unit=self.unit,
            submission=submission,
            scratch=room,
            tier=self.tier,
            own_reference=name == "baseline",
            disk_mb=limits.disk_mb,
            threads=max(1, min(usable_cores(), limits.processes // 4)),
            hidden=self.hidden,
            gpu=self.gpu,
        )
        return Session(plan, self.preload, functions)

    def student(self, test: str) -> SandboxedStudent:
        """The proxy of one test."""
        task = self.task(test)
        limits = self.limits(task)
        seconds = self.patience.limit(task, limits.wall_seconds)
        return SandboxedStudent(
            session=self.session,
            limits=limits.model_copy(update={"wall_seconds": seconds}),
            sources=self.source,
            checks=self.unit.checks,
        )

    def baseline(self, test: str, student: SandboxedStudent) -> SandboxedStudent:
        """The proxy over the checks' baseline.py, in its own sandbox."""
        if self.rival is None:
            place = open_to_all(self.scratch / "baseline-files")
            source = self.unit.checks / "baseline.py"
            if not source.is_file():
                raise CourseError(f"the checks of {self.unit.slug} have no baseline.py")
            (place / "baseline.py").write_bytes(source.read_bytes())
            (place / "baseline.py").chmod(0o644)
            self.rival = self.open("baseline", place, {"*": "baseline.py"})
        return SandboxedStudent(
            session=self.rival,
            limits=self.limits(self.task(test)),
            sources=lambda _: None,
            checks=self.scratch / "baseline-files",  # it has no harness
            rival=student,
            trusted=True,
        )

    def task(self, test: str) -> Task:
        return self.manifest.checks[test][0]

    def limits(self, task: Task) -> Limits:
        return self.manifest.limits_for(task)

    def source(self, function: str) -> Path | None:
        """A file of the course, never of the student, with the function's parameters."""
        module = function.rpartition(":")[0] or self.functions.get(function, "")
        places = (self.unit.assignment / module, self.unit.reference / module)
        return next((path for path in places if module and path.is_file()), None)

    def close(self) -> None:
        for session in (self.session, self.rival):
            if session is not None:
                session.close()

"""Measure the local engine on a class of different, trivial submissions: wall time, and the gain of a second worker."""

from __future__ import annotations

import statistics
from pathlib import Path

from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError, Unit
from autograder.reports.class_report import write_class
from autograder.roster.engines import Done, Needs
from autograder.roster.git import FetchLimits
from autograder.roster.local import LocalEngine
from autograder.roster.policy import no_policy
from autograder.roster.receipts import Store
from autograder.roster.run import GradingRun, run
from autograder.roster.standing import Person


class ClassOf:
    """`size` people, each with a folder whose only file differs from all others, so that no cache helps."""

    def __init__(self, unit: Unit, folder: Path, size: int, text: str) -> None:
        self.unit, self.folder, self.runs = unit, folder, 0
        people = []
        for number in range(size):
            desk = folder / f"s{number:03}" / "work" / unit.slug
            desk.mkdir(parents=True)
            (desk / "echo.py").write_text(f"{text}\n# {number}\n")
            home = str(folder / f"s{number:03}")
            people.append(Person(id=f"s{number:03}", name=f"Student {number}", repository=home))
        self.people = tuple(people)

    def grade(self, workers: int, size: int | None = None) -> None:
        """Grade the first `size` people into a new gradebook. Raises CourseError unless each gets the point."""
        self.runs += 1
        out = self.folder / f"grades-{self.runs}"
        manifest = unit_manifest(self.unit)
        store = Store(out / "repositories", FetchLimits())
        people = self.people[:size]
        grading = GradingRun(self.unit, manifest, people, no_policy(), store, out, seed=7)
        outcome = run(
            grading, lambda: LocalEngine(workers, Needs.of(manifest)), lambda *_: ignore, write_class
        )
        points = sum(each.points for each in outcome.people)
        if points != len(people):
            raise CourseError(f"expected {len(people)} points from as many right submissions, got {points:g}")


def ignore(_: Done) -> None:
    """No progress is drawn."""


def speedup(one: list[float], two: list[float]) -> float:
    """The speed-up of two workers over one, from runs in turns."""
    return statistics.median(a / b for a, b in zip(one, two, strict=True))

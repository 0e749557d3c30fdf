"""Engines grade jobs: on this machine (local.py) or on many (ray_engine.py). Equal jobs get equal points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from autograder.core.manifest import Manifest
from autograder.core.result import GradeResult
from autograder.judge.session.usage import available_memory
from autograder.roster.job import Job
from reference.shared.machine import usable_cores

OVERHEAD_MB = 512  # of a grading process and its sandbox, beyond what the submission may use
PATIENCE = 600.0  # seconds that a submission may take beyond the sum of its time limits


@dataclass(frozen=True)
class Done:
    """The outcome of a job: a result, or the reason why there is none."""

    job: Job
    result: GradeResult | None
    trouble: str = ""


@dataclass(frozen=True)
class Now:
    """The state of a job at this moment: the check that runs, or the programs that it waits for."""

    key: str  # of the job
    text: str  # "01.3 numba_loops: squares", or "a grading of 01_matmul_cpu (process 1234)"
    waits: bool = False


class Engine(Protocol):
    """An engine that grades jobs in any order; each answer is final when it is yielded."""

    def grade(self, jobs: list[Job]) -> Iterator[Done]:
        """Grade the jobs; closing the iterator stops the grading."""
        ...


@dataclass(frozen=True)
class Needs:
    """The largest use of resources by one submission of a unit; an engine reserves them."""

    memory_mb: int
    seconds: float  # after which something is wrong with the grader itself

    @classmethod
    def of(cls, manifest: Manifest) -> Needs:
        limits = [manifest.limits_for(task) for task, _ in manifest.checks.values()] or [manifest.limits]
        memory = max(each.memory_mb for each in limits) + OVERHEAD_MB
        # Twice: a test may run its baseline too. Each waits for its cores while others use them.
        return cls(memory, 2 * sum(each.wall_seconds for each in limits) * usable_cores() + PATIENCE)


def worker_count(needs: Needs, wanted: int | None = None) -> int:
    """The number of workers: `wanted`, or as many as cores and memory allow."""
    if wanted is not None:
        return wanted
    by_memory = available_memory() // (needs.memory_mb << 20)
    return max(1, min(usable_cores(), by_memory))


def absent(program: str) -> bool:
    """True if a module of an optional extra is not installed."""
    return find_spec(program) is None


def course_folder() -> Path:
    """The folder from which this course's packages are imported."""
    return Path(__file__).resolve().parents[2]

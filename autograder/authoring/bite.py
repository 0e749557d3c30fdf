"""The grader proves that it bites: the starter gets 0 points, the reference all of them, and each wrong
solution loses exactly the test that was made for it.

A file of `autograder/checks/NN_slug/wrong/` holds replacement functions, which are appended to the solved
module, and opens with three lines:

    # loses: test_python_loops_handles_rectangles
    # module: loops.py
    # why: takes every matrix to be square

Each submission has a sandbox of its own, and a process of its own to grade it where several are graded at once.
Those whose checks measure time, or keep more than one core busy, have the machine to themselves.
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

import pytest

from autograder.core.manifest import Manifest, unit_manifest
from autograder.core.result import GradeResult, Status
from autograder.core.scratch import scratch_folder
from autograder.core.units import CourseError, Unit
from autograder.judge.grading import grade_submission
from autograder.judge.isolated_pytest import run_pytest
from autograder.judge.plugin import measures_time, name_marks, name_of
from autograder.release.starters import solved_files, starter_files

HEADER = re.compile(r"# loses: (\w+)\n# module: (\w+\.py)\n# why: (\S.*)\n")
WORTH = 8  # submissions that are worth a process of their own, which takes seconds to start
UNPROVEN = {
    Status.INFRA_ERROR,
    Status.INVALID_SUBMISSION,
    Status.MISSING,
    Status.NOT_IMPLEMENTED,
    Status.SKIPPED,
}


@dataclass(frozen=True)
class Wrong:
    """A wrong solution: one mistake, and the test that must notice it."""

    name: str
    loses: str
    module: str
    why: str
    code: str


@dataclass(frozen=True)
class Row:
    """One submission of the bite table: what it should lose, and what it lost."""

    submission: str
    why: str
    points: int
    max_points: int
    expected: frozenset[str]  # the tests that it must lose
    lost: dict[str, Status]
    said: str = ""  # by the grader about its own first failure

    @property
    def holds(self) -> bool:
        return not self.difference

    @property
    def difference(self) -> str:
        """What does not hold, in words; "" when all does."""
        spared = sorted(self.expected - self.lost.keys())
        extra = [f"{name} ({self.lost[name]})" for name in sorted(self.lost.keys() - self.expected)]
        parts = [f"should lose {', '.join(spared)}"] if spared else []
        parts += [f"should not lose {', '.join(extra)}"] if extra else []
        # Not run is not wrong: a fault of the grader, or of the wrong solution's own file, proves nothing.
        unproven = [f"{name} ({status})" for name, status in self.lost.items() if status in UNPROVEN]
        if unproven and self.submission != "starter":
            parts.append(f"proves nothing with {', '.join(unproven)}")
        elif Status.INFRA_ERROR in self.lost.values():
            parts.append("meets a failure of the grader")
        parts += [f"is told: {self.said}"] if self.said else []
        return f"{self.submission} {' and '.join(parts)}" if parts else ""


def read_wrong(unit: Unit, manifest: Manifest) -> list[Wrong]:
    """The unit's wrong solutions, in order. Raises CourseError for a header that does not fit."""
    found = []
    for path in sorted((unit.checks / "wrong").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        where = f"autograder/checks/{unit.slug}/wrong/{path.name}"
        header = HEADER.match(text)
        if header is None:
            raise CourseError(
                f"{where}: expected the lines `# loses: <test>`, `# module: <file>`, `# why: <sentence>`, "
                f"got {text.partition(chr(10))[0]!r}"
            )
        loses, module, why = header.groups()
        if loses not in manifest.checks:
            raise CourseError(f"{where}:1: expected a check of the manifest, got {loses!r}")
        if module not in manifest.modules:
            raise CourseError(f"{where}:2: expected one of {', '.join(manifest.modules)}, got {module!r}")
        found.append(Wrong(path.stem, loses, module, why, text[header.end() :]))
    return found


@dataclass(frozen=True)
class Case:
    """A submission to be graded, and what it should lose."""

    unit: Unit
    name: str
    why: str
    files: dict[str, bytes]
    expected: frozenset[str]  # the tests that it must lose
    tasks: frozenset[str] | None  # whose tests it runs; None: all
    sandbox: str

    def grade(self) -> Row:
        """Grade it, in this process."""
        with scratch_folder("bite") as folder:
            for file, content in self.files.items():
                (folder / file).write_bytes(content)
            mode = "require" if self.sandbox == "require" else "prefer"
            tasks = None if self.tasks is None else set(self.tasks)
            result = grade_submission(self.unit, folder, name=self.name, tasks=tasks, sandbox=mode)
        said = next((t.feedback.message for t in result.tests if t.status is Status.INFRA_ERROR), "")
        lost = lost_tests(result)
        return Row(self.name, self.why, result.points, result.max_points, self.expected, lost, said)


def bite_table(unit: Unit, *, sandbox: str = "require", workers: int | None = None) -> Iterator[Row]:
    """Grade the starter, the reference and every wrong solution; yields a row for each, in this order.

    A wrong solution runs the tests of its own task alone: every other function is the reference's.
    workers: submissions at once (default: as cores and memory allow, where there are enough submissions).
    """
    from autograder.roster.engines import Needs, worker_count

    manifest = unit_manifest(unit)
    cases = all_cases(unit, manifest, sandbox)
    workers = workers or min(worker_count(Needs.of(manifest)), len(cases) // WORTH)
    if workers <= 1:
        yield from (case.grade() for case in cases)
        return
    alone = tasks_alone(unit, manifest)
    rows: dict[str, Row] = {}
    for case in cases:  # before the others begin: nothing runs beside these
        if alone if case.tasks is None else alone & case.tasks:
            rows[case.name] = case.grade()
    # Not forked: this process may have threads, of which a fork would see the locks alone.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting: dict[str, Future[Row]] = {
            case.name: pool.submit(case.grade) for case in cases if case.name not in rows
        }
        try:
            for case in cases:
                yield rows[case.name] if case.name in rows else waiting[case.name].result()
        finally:
            pool.shutdown(cancel_futures=True)


def all_cases(unit: Unit, manifest: Manifest, sandbox: str) -> list[Case]:
    everything, nothing = frozenset(manifest.checks), frozenset[str]()
    starter, solved = starter_files(unit), solved_files(unit)
    found = [
        Case(unit, "starter", "nothing is written yet", starter, everything, None, sandbox),
        Case(unit, "reference", "", solved, nothing, None, sandbox),
    ]
    for wrong in read_wrong(unit, manifest):
        files = dict(solved)
        files[wrong.module] = solved[wrong.module].rstrip() + b"\n\n\n" + wrong.code.lstrip("\n").encode()
        tasks = frozenset({manifest.checks[wrong.loses][0].id})
        found.append(Case(unit, wrong.name, wrong.why, files, frozenset({wrong.loses}), tasks, sandbox))
    return found


def tasks_alone(unit: Unit, manifest: Manifest) -> frozenset[str]:
    """The tasks of which a check measures time, or may keep more than one core busy."""
    timed = Timed()
    run_pytest(unit.checks, sorted(unit.checks.glob("test_*.py")), timed)
    return frozenset(
        task.id
        for task in manifest.tasks
        if manifest.limits_for(task).cores > 1 or not timed.names.isdisjoint(task.checks)
    )


class Timed:
    """A pytest plugin that runs nothing, and keeps the names of the tests that measure time."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def pytest_configure(self, config: pytest.Config) -> None:
        name_marks(config)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.names = {name_of(item) for item in items if measures_time(item)}
        items.clear()


def lost_tests(result: GradeResult) -> dict[str, Status]:
    return {test.name: test.status for test in result.tests if test.status is not Status.PASSED}

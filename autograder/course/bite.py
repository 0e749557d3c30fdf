"""The grader proves that it bites: the starter gets 0 points, the reference all of them, and each wrong
solution loses exactly the test that was made for it.

A file of `autograder/checks/NN_slug/wrong/` holds replacement functions, which are appended to the solved
module, and opens with three lines:

    # loses: test_python_loops_handles_rectangles
    # module: loops.py
    # why: takes every matrix to be square
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.course.manifest import Manifest, unit_manifest
from autograder.course.release import solved_files, starter_files
from autograder.course.scratch import scratch_folder
from autograder.course.units import CourseError, Unit
from autograder.judge.judge import grade_submission
from autograder.judge.result import GradeResult, Status

HEADER = re.compile(r"# loses: (\w+)\n# module: (\w+\.py)\n# why: (\S.*)\n")
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


def bite_table(unit: Unit, *, sandbox: str = "require") -> Iterator[Row]:
    """Grade the starter, the reference and every wrong solution; yields a row for each as it is done.

    A wrong solution runs the tests of its own task alone: every other function is the reference's.
    """
    manifest = unit_manifest(unit)
    everything = frozenset(manifest.checks)
    yield grade_row(unit, "starter", "nothing is written yet", starter_files(unit), everything, None, sandbox)
    solved = solved_files(unit)
    yield grade_row(unit, "reference", "", solved, frozenset(), None, sandbox)
    for wrong in read_wrong(unit, manifest):
        files = dict(solved)
        files[wrong.module] = solved[wrong.module].rstrip() + b"\n\n\n" + wrong.code.lstrip("\n").encode()
        tasks = {manifest.checks[wrong.loses][0].id}
        yield grade_row(unit, wrong.name, wrong.why, files, frozenset({wrong.loses}), tasks, sandbox)


def grade_row(
    unit: Unit,
    name: str,
    why: str,
    files: dict[str, bytes],
    expected: frozenset[str],
    tasks: set[str] | None,
    sandbox: str,
) -> Row:
    with scratch_folder("bite") as folder:
        for file, content in files.items():
            (folder / file).write_bytes(content)
        mode = "require" if sandbox == "require" else "prefer"
        result = grade_submission(unit, folder, name=name, tasks=tasks, sandbox=mode)
    said = next((t.feedback.message for t in result.tests if t.status is Status.INFRA_ERROR), "")
    return Row(name, why, result.points, result.max_points, expected, lost_tests(result), said)


def lost_tests(result: GradeResult) -> dict[str, Status]:
    return {test.name: test.status for test in result.tests if test.status is not Status.PASSED}

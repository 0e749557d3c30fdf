"""The submissions that prove a unit's checks: the starter, the reference, and the wrong solutions.

A file of `autograder/checks/NN_slug/wrong/` holds replacement functions, which are appended to the solved
module, and opens with three lines:

    # loses: test_python_loops_handles_rectangles
    # module: loops.py
    # why: takes every matrix to be square

A fault of a GPU kernel, such as a race, is reported by every check that launches it: such a file names several.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.core.manifest import Manifest, unit_manifest
from autograder.core.units import CourseError, Unit

STARTER, REFERENCE = "starter", "reference"
HEADER = re.compile(r"# loses: (\w+(?:, \w+)*)\n# module: (\w+\.py)\n# why: (\S.*)\n")


@dataclass(frozen=True)
class Wrong:
    """A wrong solution: one mistake, and the tests of one task that must notice it."""

    path: Path
    loses: tuple[str, ...]
    module: str
    why: str
    code: str

    @property
    def name(self) -> str:
        return self.path.stem


@dataclass(frozen=True)
class Case:
    """A submission to grade, and the tests that it must lose."""

    name: str
    why: str  # the mistake, in words
    expected: frozenset[str]  # the tests that it must lose
    tasks: frozenset[str] | None  # the ids of the tasks whose tests it runs; None: all
    wrong: Wrong | None = None

    def tests(self, manifest: Manifest) -> list[str]:
        """The tests that it runs, in the manifest's order."""
        return [n for n, (task, _) in manifest.checks.items() if self.tasks is None or task.id in self.tasks]

    def files(self, starter: dict[str, bytes], solved: dict[str, bytes]) -> dict[str, bytes]:
        """File name -> content of the submission, from the unit's starter and solved files."""
        if self.wrong is None:
            return starter if self.name == STARTER else solved
        module, code = self.wrong.module, self.wrong.code
        return solved | {module: solved[module].rstrip() + b"\n\n\n" + code.lstrip("\n").encode()}


def all_cases(unit: Unit, manifest: Manifest | None = None) -> list[Case]:
    """The starter, the reference, then every wrong solution by name. Raises CourseError.

    A wrong solution runs only the tests of its own task: every other function is the reference's.
    """
    manifest = manifest or unit_manifest(unit)
    cases = [
        Case(STARTER, "nothing is written yet", frozenset(manifest.checks), None),
        Case(REFERENCE, "", frozenset(), None),
    ]
    for wrong in read_wrong(unit, manifest):
        tasks = frozenset(manifest.checks[name][0].id for name in wrong.loses)
        cases.append(Case(wrong.name, wrong.why, frozenset(wrong.loses), tasks, wrong))
    return cases


def read_wrong(unit: Unit, manifest: Manifest) -> list[Wrong]:
    """The unit's wrong solutions, in order. Raises CourseError for a header or a name that does not fit."""
    found = []
    for path in sorted((unit.checks / "wrong").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        where = f"autograder/checks/{unit.slug}/wrong/{path.name}"
        if path.stem in (STARTER, REFERENCE):
            raise CourseError(f"{where}: expected another name, because {path.stem} is a row of every proof")
        header = HEADER.match(text)
        if header is None:
            raise CourseError(
                f"{where}: expected the lines `# loses: <test>`, `# module: <file>`, `# why: <sentence>`, "
                f"got {text.partition(chr(10))[0]!r}"
            )
        listed, module, why = header.groups()
        loses = tuple(listed.split(", "))
        for name in loses:
            if name not in manifest.checks:
                raise CourseError(f"{where}:1: expected a check of the manifest, got {name!r}")
        if len({manifest.checks[name][0].id for name in loses}) > 1:
            raise CourseError(f"{where}:1: expected checks of one task, got {listed!r}")
        if module not in manifest.modules:
            raise CourseError(f"{where}:2: expected one of {', '.join(manifest.modules)}, got {module!r}")
        found.append(Wrong(path, loses, module, why, text[header.end() :]))
    return found

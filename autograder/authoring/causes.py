"""Hashes of everything that decides a row of a proof, kept apart by cause.

Inside the unit: the checks that the row runs, with all that lies beside them (harness, oracle, baseline); what the
manifest says about these tasks; the unit's solution, from which the submission is made; the wrong solution itself.
Outside: the shared code that the sandbox shows, and the judge.

A row runs only the tests of its tasks. So the other check files and the other tasks of the manifest do not count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from autograder.authoring.cases import Case
from autograder.core.manifest import Manifest
from autograder.core.units import Unit
from autograder.judge import provenance
from autograder.judge.check_selection import files_defining
from autograder.judge.provenance import check_files, hash_files, part_hashes, walk

INSIDE = {
    "checks": "the checks",
    "manifest": "the manifest",
    "solution": "the unit's solution",
    "wrong": "the wrong solution",
}
OUTSIDE = {"shared": "shared code", "judge": "the judge"}
SHARED_PARTS, JUDGE_PARTS = ("earlier", "lab", "shared"), ("judge", "pins")  # of `provenance.part_files`
DIGITS = 16  # of a hash, hexadecimal: enough to notice a change


class Hashes(BaseModel):
    """Hashes of one row, by cause. `wrong` is "" for the starter and the reference."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checks: str
    manifest: str
    solution: str
    wrong: str
    shared: str
    judge: str

    @property
    def outside(self) -> str:
        """The two causes outside of the unit as one string: the seed of a sample."""
        return f"{self.shared}/{self.judge}"

    def changed(self, since: Hashes, causes: dict[str, str]) -> list[str]:
        """Those of the causes, in words, that differ from an earlier state."""
        return [words for name, words in causes.items() if getattr(self, name) != getattr(since, name)]


class Hasher:
    """Hashes the rows of one unit as its files are now. Make a new one to look again."""

    def __init__(self, unit: Unit, manifest: Manifest) -> None:
        self.unit, self.manifest = unit, manifest
        self.parts = part_hashes(unit)
        self.checks: dict[tuple[str, ...], str] = {}

    @cached_property
    def shared(self) -> str:
        return joined(self.parts[name] for name in SHARED_PARTS)

    @cached_property
    def judge(self) -> str:
        """The judge, the pinned versions, and the code that makes submissions from the solution."""
        release = provenance.AUTOGRADER / "release"
        files = [path for path in walk(release) if path.parent == release]
        return joined([*(self.parts[name] for name in JUDGE_PARTS), hash_files(files, provenance.AUTOGRADER)])

    def hashes(self, case: Case) -> Hashes:
        wrong = case.wrong.path if case.wrong is not None else None
        return Hashes(
            checks=self.check_hash(case),
            manifest=self.manifest_hash(case),
            solution=self.parts["solution"][:DIGITS],
            wrong=hash_files([wrong], self.unit.root)[:DIGITS] if wrong is not None else "",
            shared=self.shared,
            judge=self.judge,
        )

    def check_hash(self, case: Case) -> str:
        """Of the check files with the row's tests, and of every other file beside them."""
        tests = tuple(case.tests(self.manifest))
        if tests not in self.checks:
            everything = set(files_defining(self.unit.checks))
            mine = set(files_defining(self.unit.checks, tests))
            files = [path for path in check_files(self.unit) if path not in everything - mine]
            self.checks[tests] = hash_files(files, self.unit.root)[:DIGITS]
        return self.checks[tests]

    def manifest_hash(self, case: Case) -> str:
        """Of what the manifest says: the unit's fields, where every function is, and all about the row's tasks."""
        data = self.manifest.model_dump(mode="json", exclude={"title", "manual", "tasks"})
        data["functions"] = [(task.function, task.module, task.bodies) for task in self.manifest.tasks]
        data["tasks"] = [
            task.model_dump(mode="json", exclude={"title"})
            for task in self.manifest.tasks
            if case.tasks is None or task.id in case.tasks
        ]
        return short_hash(json.dumps(data, sort_keys=True))


def joined(hashes: Iterable[str]) -> str:
    return short_hash("/".join(hashes))


def short_hash(text: str) -> str:
    """The first digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]

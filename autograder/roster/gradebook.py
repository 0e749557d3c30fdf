"""The gradebook of one unit: results that are never lost, and versions that never change.

    entries/<key>/result.json    one graded submission; the key is a hash of everything that decides it (keys.py)
    entries/<key>/files/         the files that were graded
    entries/<key>/failed.json    the last try, if the grader failed: not final, graded again
    versions/0001/               one grading of the class: standings.json, grades.json, changes.json, reports
    journal.jsonl                every event, in order
    .secret                      what the seeds of the entries are made of (seeds.py); only its owner can read it

An entry or a version appears whole or not at all, and is on the disk before the journal names it.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from autograder.core.append_log import Journal, utc_now
from autograder.core.files import sync_folder, write_atomic
from autograder.core.locks import held_alone, open_lock
from autograder.core.manifest import Manifest
from autograder.core.result import GradeResult
from autograder.core.units import CourseError
from autograder.roster.changes import changes, grades
from autograder.roster.standing import Standing, Standings

NUMBER = re.compile(r"\d{4,}")
# Writes the reports of a version into its folder: reports/class_report.py, which reads what lies in here.
WriteReports: TypeAlias = Callable[[Standings, Path, Manifest], None]


class Gradebook:
    """The gradebook in `home`, OUT/NN_slug. Reading needs no lock; a writer takes `locked` first."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.entries, self.versions = home / "entries", home / "versions"
        self.marks = home / "manual" / "marks.jsonl"
        self.journal = Journal(home / "journal.jsonl")

    @contextlib.contextmanager
    def locked(self, name: str = "lock") -> Iterator[None]:
        """One grader at a time. Raises CourseError while another one runs."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            fd = open_lock(self.home / f".{name}")
        except OSError as error:
            raise CourseError(f"cannot write to {self.home}: {error.strerror}") from None
        busy = (
            f"another grading writes to {self.home}\n  to fix: wait until it is done, or choose another --out"
        )
        with held_alone(fd, busy):
            yield

    # Entries.

    def result(self, key: str) -> GradeResult | None:
        """The final result of an entry; None if it is not graded yet, or incomplete."""
        try:
            return GradeResult.from_json((self.entries / key / "result.json").read_bytes())
        except (OSError, ValueError):
            return None

    def put(self, key: str, result: GradeResult, files: dict[str, bytes]) -> None:
        """Save a result, which is on the disk when this returns. A failure of the grader is not final."""
        folder = self.entries / key
        if result.needs_regrade:
            write_atomic(folder / "failed.json", result.to_json())
            self.journal.append("grader_failed", key=key)
            return
        for name, content in files.items():
            write_atomic(folder / "files" / name, content)
        write_atomic(folder / "result.json", result.to_json())
        sync_folder(self.entries)
        self.journal.append("graded", key=key, points=result.points, max_points=result.max_points)

    # Versions.

    def numbers(self) -> list[int]:
        """The numbers of the versions, oldest first."""
        names = [path.name for path in self.versions.glob("*")] if self.versions.is_dir() else []
        return sorted(int(name) for name in names if NUMBER.fullmatch(name))

    def folder(self, number: int) -> Path:
        return self.versions / f"{number:04d}"

    def read(self, number: int) -> Standings:
        """One version. Raises CourseError if it is missing or damaged."""
        path = self.folder(number) / "standings.json"
        try:
            return Standings.from_json(path.read_bytes())
        except OSError as error:
            raise CourseError(f"{path}: expected a version of the gradebook, got: {error.strerror}") from None
        except ValueError as error:
            raise CourseError(f"{path}: expected standings, got: {str(error)[:300]}") from None

    def latest(self) -> Standings | None:
        """The newest version, or None before the first grading."""
        numbers = self.numbers()
        return self.read(numbers[-1]) if numbers else None

    def publish(
        self, people: tuple[Standing, ...], manifest: Manifest, write_reports: WriteReports
    ) -> Standings:
        """Make the next version, with its reports; if nothing differs from the latest version, return that one.

        Reports that cannot be written do not affect grades: the journal records it, and `./mlsys export` writes
        them again. Raises OSError if the disk is full; then there is no new version.
        """
        latest = self.latest()
        if latest is not None and latest.people == people:
            return latest
        number = latest.number + 1 if latest else 1
        made = utc_now().isoformat(timespec="seconds")
        standings = Standings(unit=manifest.unit, number=number, made=made, people=people)
        temporary = self.versions / f".new-{number:04d}"
        shutil.rmtree(temporary, ignore_errors=True)
        write_atomic(temporary / "standings.json", standings.to_json())
        write_atomic(temporary / "grades.json", pretty(grades(standings)))
        write_atomic(temporary / "changes.json", pretty(changes(latest, standings)))
        try:
            write_reports(standings, temporary, manifest)
        except Exception as error:  # a mistake in a page must not keep the grades back
            self.journal.append(
                "reports_failed", version=number, why=f"{type(error).__name__}: {error}"[:2000]
            )
        sync_folder(temporary)
        temporary.rename(self.folder(number))
        sync_folder(self.versions)
        self.journal.append("published", version=number, people=len(people))
        return standings


def pretty(data: object) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"

"""Open one version of a unit's gradebook, for the commands that follow a grading."""

from __future__ import annotations

from pathlib import Path

from autograder.core.manifest import Manifest, unit_manifest
from autograder.core.units import CourseError, find_unit
from autograder.roster.gradebook import Gradebook
from autograder.roster.standing import Standings


def open_book(unit: str, grades: Path, number: int | None = None) -> tuple[Manifest, Gradebook, Standings]:
    """The gradebook of a unit in `grades`, and its version `number` (default: the latest).

    Raises CourseError before the first grading, and for a version that is not there.
    """
    chosen = find_unit(unit)
    book = Gradebook(grades / chosen.slug)
    numbers = book.numbers()
    if not numbers:
        raise CourseError(
            f"nothing is graded yet in {book.home}\n"
            f"  run first: ./mlsys grade {chosen.number} --roster roster.csv"
        )
    if number is not None and number not in numbers:
        known = ", ".join(map(str, numbers))
        raise CourseError(f"{book.home} has no version {number}\n  expected: one of {known}")
    return unit_manifest(chosen), book, book.read(number or numbers[-1])

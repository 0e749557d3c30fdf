"""The units of the course, and the paths of their parts. The folders are the registry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SLUG = re.compile(r"(\d\d)_([a-z][a-z0-9_]*)")


RELEASED = ".mlsys-release.json"  # at the root of what `./mlsys release --out` wrote


class CourseError(Exception):
    """A mistake that a person can fix: printed as one message, without a traceback; exit code 2."""


def course_root() -> Path:
    """The folder that holds `mlsys`, `reference/` and `autograder/`."""
    return Path(__file__).resolve().parents[2]


def in_student_tree(root: Path | None = None) -> bool:
    """True in the student tree of one week, False in the whole course."""
    return ((root or course_root()) / RELEASED).is_file()


@dataclass(frozen=True, order=True)
class Unit:
    """One topic with a number and a name, and the paths of its seven parts."""

    slug: str  # "01_matmul_cpu"
    root: Path

    @property
    def number(self) -> str:
        return self.slug[:2]

    @property
    def name(self) -> str:
        """The slug without its number, which is the name of the reference package."""
        return self.slug[3:]

    @property
    def assignment(self) -> Path:
        return self.root / "assignments" / self.slug

    @property
    def manifest(self) -> Path:
        return self.assignment / "assignment.toml"

    @property
    def lab(self) -> Path:
        return self.root / "labs" / f"{self.slug}.ipynb"

    @property
    def slides(self) -> Path:
        return self.root / "slides" / f"{self.slug}.md"

    @property
    def reference(self) -> Path:
        return self.root / "reference" / self.name

    def visible_packages(self, *, own: bool = False) -> list[Path]:
        """The folders of `reference/` that a submission to this unit may import, where they exist.

        These are shared/, lab/ up to this unit, and the solutions of earlier units. own: also this unit's solution.
        """
        earlier = [unit.name for unit in find_units(self.root) if unit.number < self.number]
        home, own_name = self.root / "reference", [self.name]
        handed_out = [home / "lab" / name for name in earlier + own_name]
        solutions = [home / name for name in earlier + (own_name if own else [])]
        return [path for path in (home / "shared", *handed_out, *solutions) if path.is_dir()]

    @property
    def reference_tests(self) -> Path:
        return self.root / "reference" / "tests" / self.name

    @property
    def checks(self) -> Path:
        return self.root / "autograder" / "checks" / self.slug

    @property
    def bench(self) -> Path:
        """The folder of the unit's benchmark, whose `bench.py` defines `run`."""
        return self.root / "reference" / "benchmarks" / self.name

    @property
    def desk(self) -> Path:
        """The student's folder: never overwritten; git ignores it in the course's own repository."""
        return self.root / "work" / self.slug

    def parts(self) -> dict[str, Path]:
        """Name of a part -> its path. A complete unit has all of them."""
        return {
            "slides": self.slides,
            "lab": self.lab,
            "assignment": self.manifest,
            "reference": self.reference,
            "reference tests": self.reference_tests,
            "checks": self.checks,
            "benchmark": self.bench,
        }


def find_units(root: Path | None = None) -> list[Unit]:
    """Every unit with at least one part, in order."""
    root = root or course_root()
    places = [(root / "labs", "*.ipynb"), (root / "slides", "*.md"), (root / "assignments", "*")]
    places.append((root / "autograder" / "checks", "*"))
    found = {path.stem for folder, pattern in places for path in folder.glob(pattern)}
    return sorted(Unit(slug, root) for slug in found if SLUG.fullmatch(slug))


def find_unit(wanted: str, root: Path | None = None) -> Unit:
    """The unit called `wanted`: its number ("01" or "1", "00" or "0"), its slug or its name.

    Raises CourseError that lists the units there are.
    """
    units = find_units(root)
    for unit in units:
        if wanted in {unit.slug, unit.name, unit.number, str(int(unit.number))}:
            return unit
    known = ", ".join(unit.slug for unit in units) or "none"
    raise CourseError(f"unknown unit {wanted!r}\n  expected: one of {known} (the number is enough)")

"""Make a new unit: write its parts to a temporary folder, move them to their places, then list it in the README.

It replaces no file. After a kill, the next run clears the temporary folder (build/new-unit/) and names the parts that
were moved already, if there are any.
"""

from __future__ import annotations

import keyword
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.authoring.proof_pages import with_proofs
from autograder.authoring.readme import listed, with_row
from autograder.authoring.unit_parts import write_parts
from autograder.core.files import write_atomic
from autograder.core.locks import held_alone
from autograder.core.safe_open import open_folder
from autograder.core.units import CourseError, Unit, find_units

NUMBER = re.compile(r"[0-9]{2}")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
TITLE = re.compile(r"[^\W_][\w ,.:()'+/-]{0,59}")
LONGEST_NAME = 24
RESERVED = {"shared", "lab", "tests", "benchmarks", "records", "report", "lecture"}  # of reference/
ABOUT = "WRITE: what you build"


def new_unit(root: Path, number: str, name: str, title: str | None = None) -> Unit:
    """Make unit `number`_`name` in the course at `root`, without its proof.

    Costs a few seconds, most of them ruff's. Raises CourseError, having changed nothing, for a wrong or taken
    number, name or title, for remains of such a unit, and for a folder that cannot be written to.
    """
    unit, title = named(root, number, name, title)
    try:
        with workshop(root) as shop:
            refuse_taken(unit)
            listing(unit, title)  # a README without a place for the unit is found before anything moves
            write_parts(Unit(unit.slug, shop), title)
            move(unit, title, shop)
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        raise CourseError(f"cannot make unit {unit.slug}:{place}: {error.strerror or error}") from None
    return unit


def named(root: Path, number: str, name: str, title: str | None) -> tuple[Unit, str]:
    """The unit and its title. Raises CourseError for words that do not fit."""
    if not NUMBER.fullmatch(number):
        raise CourseError(f"a wrong number for a unit\n  expected: two digits, like 07\n  got: {number!r}")
    if not NAME.fullmatch(name) or keyword.iskeyword(name) or len(name) > LONGEST_NAME:
        hint = f" (no number: that is {number})" if re.match(r"\d", name) else ""
        raise CourseError(
            f"a wrong name for a unit\n  expected: a Python name of at most {LONGEST_NAME} small letters, digits and "
            f"single underscores, like ring_buffer{hint}\n  got: {name!r}"
        )
    if name in RESERVED:
        raise CourseError(
            f"a wrong name for a unit\n  expected: none of {', '.join(sorted(RESERVED))}: folders of reference/\n"
            f"  got: {name!r}"
        )
    title = name.replace("_", " ").capitalize() if title is None else title
    if not TITLE.fullmatch(title):
        raise CourseError(
            "a wrong title for a unit\n  expected: at most 60 letters, digits, spaces and , . : ( ) ' + / -, with a "
            f"letter or a digit in front\n  got: {title!r}"
        )
    return Unit(f"{number}_{name}", root), title


def parts(unit: Unit) -> list[Path]:
    """The folders and files of a new unit, where its templates make them."""
    reference = unit.root / "reference"
    return [
        unit.reference,
        reference / "lab" / unit.name,
        unit.reference_tests,
        reference / "tests" / "lab" / unit.name,
        unit.bench,
        unit.checks,
        unit.assignment,
        unit.slides,
        unit.lab,
    ]


def refuse_taken(unit: Unit) -> None:
    """Raises CourseError when the number, the name or a place of the unit is not free."""
    units, readme = find_units(unit.root), (unit.root / "README.md").read_text(encoding="utf-8")
    if listed(readme, unit) and all(path.exists() for path in unit.parts().values()):
        raise CourseError(
            f"there is a unit {unit.slug} already\n  expected: a number and a name that are free"
        )
    for each in units:
        if each != unit and unit.number == each.number:
            free = next(
                (n for n in map("{:02}".format, range(100)) if n not in {u.number for u in units}), "none"
            )
            raise CourseError(
                f"the number {unit.number} is taken by {each.slug}\n  the first free one: {free}"
            )
        if each != unit and unit.name == each.name:
            raise CourseError(f"the name {unit.name} is taken by {each.slug}")
    found = [path.relative_to(unit.root).as_posix() for path in places(unit) if os.path.lexists(path)]
    if listed(readme, unit):
        found.append(f"an entry for {unit.number} in README.md")
    if found:
        raise CourseError(
            f"there are files of {unit.slug} already, and a new unit replaces nothing\n"
            f"  found: {', '.join(found)}\n"
            "  to fix: take another name, or remove the files of an old unit or of a killed run"
        )


def places(unit: Unit) -> Iterator[Path]:
    """Every path that must be free: the parts, and paths that Python or a later command could take for one."""
    benchmarks = unit.root / "reference" / "benchmarks"
    yield from parts(unit)
    yield unit.reference.with_suffix(".py")
    yield benchmarks / f"{unit.name}.py"
    yield benchmarks / "records" / f"{unit.name}.json"
    yield benchmarks / "records" / f"{unit.name}_lecture.json"
    yield unit.desk
    for folder in ("reference", "autograder"):  # pytest wants the names of test files to differ
        tests = (unit.root / folder / "tests").rglob(f"test_{unit.name}.py")
        yield from (path for path in tests if not path.is_relative_to(unit.reference_tests))


@contextmanager
def workshop(root: Path) -> Iterator[Path]:
    """Yields an empty folder on the course's file system. Raises CourseError while another process uses it."""
    shop = root / "build" / "new-unit"
    shop.mkdir(parents=True, exist_ok=True)
    with held_alone(open_folder(shop), "another ./mlsys new-unit is running here: wait until it is done"):
        empty(shop)
        yield shop
        empty(shop)


def empty(shop: Path) -> None:
    for path in shop.iterdir():
        shutil.rmtree(path)


def move(unit: Unit, title: str, shop: Path) -> None:
    """Move the parts from `shop` to their places, and list the unit; put everything back if a step fails."""
    moved: list[tuple[Path, Path]] = []
    try:
        for path in parts(unit):
            made = shop / path.relative_to(unit.root)
            if not made.exists():
                continue
            if os.path.lexists(path):
                raise CourseError(
                    f"{path.relative_to(unit.root)} was made by another program in the meantime"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            made.rename(path)
            moved.append((path, made))
        write_atomic(unit.root / "README.md", listing(unit, title))
    except BaseException:
        for path, made in reversed(moved):
            with suppress(OSError):  # what stays is named by the next run
                path.rename(made)
        raise


def listing(unit: Unit, title: str) -> str:
    """The README with the unit in both tables. Raises CourseError without the tables."""
    text = (unit.root / "README.md").read_text(encoding="utf-8")
    return with_proofs(with_row(text, unit, title, ABOUT), unit.root)

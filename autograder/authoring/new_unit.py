"""A new unit, all of it or nothing: made beside the course, moved into its wings, entered in the README.

build/new-unit/17_x.making/   being written; whoever comes next throws it away
build/new-unit/17_x/          complete; each room leaves it by one rename, the README's entry comes last

A run that is killed before the first folder got its final name has changed nothing. One that is killed after that
is finished by the next run, of whatever unit.
"""

from __future__ import annotations

import fcntl
import keyword
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.authoring.readme import listed, with_unit
from autograder.authoring.unit_rooms import write_rooms
from autograder.core.files import write_atomic
from autograder.core.manifest import unit_manifest
from autograder.core.units import SLUG, CourseError, Unit, find_units

NUMBER = re.compile(r"[0-9]{2}")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
TITLE = re.compile(r"[^\W_][\w ,.:()'+/-]{0,59}")
LONGEST_NAME = 24
MAKING = ".making"
ABOUT = "WRITE: what you build"


def new_unit(root: Path, number: str, name: str, title: str | None = None) -> tuple[Unit, list[Unit]]:
    """Make unit `number`_`name` in the course at `root`; also returns the units of killed runs that it finished.

    Costs a few seconds, most of them ruff's. Raises CourseError, having changed nothing, for a wrong or taken
    number, name or title, for remains of such a unit, and for a folder that cannot be written to.
    """
    unit, title = named(root, number, name, title)
    try:
        with workshop(root) as shop:
            finished = finish(root, shop)
            if unit not in finished:
                refuse_taken(unit)
                make(unit, title, shop)
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        raise CourseError(f"cannot make unit {unit.slug}:{place}: {error.strerror or error}") from None
    return unit, [each for each in finished if each != unit]


def named(root: Path, number: str, name: str, title: str | None) -> tuple[Unit, str]:
    """The unit and its title, whose words fit. Raises CourseError."""
    if not NUMBER.fullmatch(number):
        raise CourseError(f"a wrong number for a unit\n  expected: two digits, like 07\n  got: {number!r}")
    if not NAME.fullmatch(name) or keyword.iskeyword(name) or len(name) > LONGEST_NAME:
        hint = f" (no number: that is {number})" if re.match(r"\d", name) else ""
        raise CourseError(
            f"a wrong name for a unit\n  expected: a Python name of at most {LONGEST_NAME} small letters, digits and "
            f"single underscores, like ring_buffer{hint}\n  got: {name!r}"
        )
    title = name.replace("_", " ").capitalize() if title is None else title
    if not TITLE.fullmatch(title):
        raise CourseError(
            "a wrong title for a unit\n  expected: at most 60 letters, digits, spaces and , . : ( ) ' + / -, with a "
            f"letter or a digit in front\n  got: {title!r}"
        )
    return Unit(f"{number}_{name}", root), title


def rooms(unit: Unit) -> list[Path]:
    """What a new unit consists of. The wings that make it a unit for everybody else come last."""
    return [
        unit.reference,
        unit.reference_tests,
        unit.bench,
        unit.checks,
        unit.assignment,
        unit.slides,
        unit.lab,
    ]


def refuse_taken(unit: Unit) -> None:
    """Raises CourseError when the number, the name or a place of the unit is not free."""
    units = find_units(unit.root)
    if unit in units and all(path.exists() for path in unit.rooms().values()):
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
    if listed((unit.root / "README.md").read_text(encoding="utf-8"), unit):
        found.append(f"an entry for {unit.number} in README.md")
    if found:
        raise CourseError(
            f"there is something of {unit.slug} already, and a new unit writes over nothing\n"
            f"  found: {', '.join(found)}\n"
            "  to mend: take another name, or remove what is left of an old unit (./mlsys units shows its rooms)"
        )


def places(unit: Unit) -> Iterator[Path]:
    """Every path that must be free: the rooms, and what Python or a later command would take for a part of them."""
    reference = unit.root / "reference"
    yield from rooms(unit)
    yield reference / f"{unit.name}.py"
    yield reference / "benchmarks" / f"{unit.name}.py"
    yield reference / "lab" / unit.name
    yield reference / "benchmarks" / "records" / f"{unit.name}.json"
    yield unit.desk
    for wing in ("reference", "autograder"):  # pytest wants the names of test files to differ
        yield from (unit.root / wing / "tests").rglob(f"test_{unit.name}.py")


@contextmanager
def workshop(root: Path) -> Iterator[Path]:
    """The folder where units are made, for this process alone. Raises CourseError when another one works there."""
    shop = root / "build" / "new-unit"
    shop.mkdir(parents=True, exist_ok=True)
    held = os.open(shop, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError("another ./mlsys new-unit is at work here: wait until it is done") from None
        yield shop
    finally:
        os.close(held)


def make(unit: Unit, title: str, shop: Path) -> None:
    making, ready = shop / f"{unit.slug}{MAKING}", shop / unit.slug
    try:
        write_rooms(Unit(unit.slug, making), title)
        entered(unit, making)  # a README without a place for the unit is found before anything is moved
        making.rename(ready)
        place(unit, ready)
    except BaseException:
        if not any(path.exists() for path in rooms(unit)):  # else the next run finishes it
            with suppress(FileNotFoundError):
                ready.rename(making)
        shutil.rmtree(making, ignore_errors=True)
        raise
    shutil.rmtree(ready)


def finish(root: Path, shop: Path) -> list[Unit]:
    """Complete what killed runs left in `shop`. Raises CourseError when somebody changed the course meanwhile."""
    finished = []
    for left in sorted(path for path in shop.iterdir() if path.is_dir()):
        if left.name.endswith(MAKING):
            shutil.rmtree(left)
        elif SLUG.fullmatch(left.name):
            unit = Unit(left.name, root)
            refuse_changed(unit, left)
            place(unit, left)
            shutil.rmtree(left)
            finished.append(unit)
    return finished


def refuse_changed(unit: Unit, ready: Path) -> None:
    """Raises CourseError unless each room is either still in `ready` or in its place."""
    there = {path: (os.path.lexists(path), made_of(path, unit, ready).exists()) for path in rooms(unit)}
    for state, word in (((True, True), "was made by somebody else"), ((False, False), "is gone")):
        found = [path.relative_to(unit.root).as_posix() for path, each in there.items() if each == state]
        if found:
            raise CourseError(
                f"a run that was killed left unit {unit.slug} half made, and it cannot be finished: "
                f"{', '.join(found)} {word} meanwhile\n"
                f"  to mend: remove what there is of the unit (./mlsys units shows its rooms), and "
                f"{ready.relative_to(unit.root).as_posix()}/"
            )


def made_of(path: Path, unit: Unit, ready: Path) -> Path:
    """Where the room that belongs at `path` was made."""
    return ready / path.relative_to(unit.root)


def place(unit: Unit, ready: Path) -> None:
    """Move the rooms that are still in `ready` to their places; put all of them back if one fails."""
    try:
        for path in rooms(unit):
            if (made := made_of(path, unit, ready)).exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                made.rename(path)
        write_atomic(unit.root / "README.md", entered(unit, unit.root))
    except BaseException:
        for path in reversed(rooms(unit)):
            if path.exists() and not (made := made_of(path, unit, ready)).exists():
                path.rename(made)
        raise


def entered(unit: Unit, rooms_in: Path) -> str:
    """The course's README with the unit, whose rooms are in `rooms_in`."""
    made = Unit(unit.slug, rooms_in)
    text = (unit.root / "README.md").read_text(encoding="utf-8")
    return with_unit(text, made, unit_manifest(made).title, ABOUT)

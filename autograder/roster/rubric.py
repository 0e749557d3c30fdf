"""Manual marks: an append-only file that several graders write at once, and the current marks of each person.

One mark is one line of JSON, written whole under a lock and flushed. After a kill there may be a line without its
end; readers ignore it, and the next writer closes it.
"""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from autograder.core.append_log import append
from autograder.core.manifest import Manifest
from autograder.core.units import CourseError
from autograder.roster.standing import ManualPart

Name = Annotated[str, Field(min_length=1)]


class Mark(BaseModel):
    """The mark of one grader for one person and one part; points None withdraws the mark."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    grader: Name
    person: Name
    part: Name
    points: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None
    comment: str = ""

    @property
    def when(self) -> str:
        """UTC, ISO 8601, to the second."""
        return self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def append_marks(path: Path, marks: list[Mark]) -> None:
    """Add marks to the file in one write, and return when they are on the disk.

    Several processes may do so at once. Raises CourseError if the file cannot be written.
    """
    try:
        append(path, "".join(mark.model_dump_json() + "\n" for mark in marks).encode())
    except OSError as error:
        raise CourseError(f"cannot write marks to {path}: {error.strerror or error}") from None


def read_marks(path: Path) -> tuple[Mark, ...]:
    """Every complete mark of the file, oldest first; () if there is no file."""
    return tuple(mark for marks in by_person(path).values() for mark in marks)


def by_person(path: Path) -> dict[str, tuple[Mark, ...]]:
    """Roster id -> that person's marks, oldest first."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CourseError(f"cannot read marks from {path}: {error.strerror or error}") from None
    return parse(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=8)
def parse(path: Path, size: int, _mtime: int) -> dict[str, tuple[Mark, ...]]:
    """The marks in the first `size` bytes, without a line that another process is writing now."""
    with path.open("rb") as file:
        data = file.read(size)
    marks: list[Mark] = []
    for line in data.split(b"\n")[:-1]:
        try:
            marks.append(Mark.model_validate_json(line))
        except ValidationError:
            continue  # cut off by a kill
    found: dict[str, list[Mark]] = {}
    for mark in sorted(marks, key=lambda mark: mark.at):  # stable: of equal times the later line wins
        found.setdefault(mark.person, []).append(mark)
    return {person: tuple(mine) for person, mine in found.items()}


def manual_parts(manifest: Manifest, marks: Path, person_id: str) -> tuple[ManualPart, ...]:
    """The unit's manual parts with the current marks of one person: the latest mark of each part counts.

    `marks`: the file of `append_marks`; parts without a mark have points None. A mark above the part's points
    (the manifest was changed since) counts as the part's points.
    """
    mine: dict[str, list[Mark]] = {}
    for mark in by_person(marks).get(person_id, ()):
        mine.setdefault(mark.part, []).append(mark)
    parts = []
    for part in manifest.manual:
        given = mine.get(part.id, [])
        if not given or given[-1].points is None:
            parts.append(ManualPart(id=part.id, title=part.title, points=None, max_points=part.points))
            continue
        last = given[-1]
        parts.append(
            ManualPart(
                id=part.id,
                title=part.title,
                points=min(last.points or 0.0, part.points),
                max_points=part.points,
                comment=last.comment,
                grader=last.grader,
                graded=last.when,
                replaced=tuple(replaced(given)),
            )
        )
    return tuple(parts)


def replaced(given: list[Mark]) -> list[str]:
    """The last mark of each other grader, if it differs from the mark that counts."""
    last = given[-1]
    others = {mark.grader: mark for mark in given if mark.grader != last.grader}
    return [
        f"{mark.points:g} by {mark.grader}, {mark.when}"
        for mark in others.values()
        if mark.points is not None and mark.points != last.points
    ]

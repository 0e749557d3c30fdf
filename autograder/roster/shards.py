"""Grade a class in parts: `--shard 2/8` grades every eighth repository, and `./mlsys merge` joins the parts.

Only the address decides the part of a repository, so members of a group stay together.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from autograder.core.files import write_atomic
from autograder.core.manifest import Manifest
from autograder.core.units import CourseError
from autograder.roster.gradebook import Gradebook, WriteReports
from autograder.roster.standing import Person, Standing, StandingModel, Standings

SCHEMA = "mlsys/shard/v1"


@dataclass(frozen=True)
class Shard:
    """Part `index` (from 1) of `count`."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def has(self, person: Person) -> bool:
        digest = hashlib.sha256(person.repository.encode()).digest()
        return int.from_bytes(digest[:8]) % self.count == self.index - 1


def parse_shard(text: str) -> Shard:
    """ "2/8". Raises CourseError for anything else."""
    index, _, count = text.partition("/")
    if (
        index.isascii()
        and index.isdigit()
        and count.isascii()
        and count.isdigit()
        and 1 <= int(index) <= int(count)
    ):
        return Shard(int(index), int(count))
    raise CourseError(f"--shard: expected i/N, like 2/8; got {text!r}")


class Part(StandingModel):
    """The grading of one shard: standings of its people, with their places in the roster."""

    version: Literal["mlsys/shard/v1"] = Field(default=SCHEMA, alias="schema")
    unit: str
    index: int
    count: int
    run: str  # SHA-256 of all that the shards of one grading have in common
    places: tuple[int, ...]
    total: int  # people in the whole roster
    people: tuple[Standing, ...]

    model_config = Standings.model_config


def run_digest(people: tuple[Person, ...], grader_key: str, seed: str, policy: str) -> str:
    """A hash of everything that the shards of one grading have in common."""
    parts = [*(person.model_dump_json() for person in people), grader_key, seed, policy]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def part_file(book: Gradebook, shard: Shard) -> Path:
    return book.home / "shards" / f"{shard.index}-of-{shard.count}.json"


def write_part(book: Gradebook, part: Part) -> Path:
    """Save the grading of a shard; a newer grading of the same shard replaces it."""
    path = part_file(book, Shard(part.index, part.count))
    write_atomic(path, part.model_dump_json(indent=1) + "\n")
    book.journal.append("shard", index=part.index, count=part.count, people=len(part.people))
    return path


def merge(
    book: Gradebook, sources: list[Gradebook], manifest: Manifest, write_reports: WriteReports
) -> Standings:
    """Make a version of `book` from the shards in `sources`, and copy their entries.

    write_reports: see Gradebook.publish.
    Raises CourseError if shards are missing, or belong to different gradings.
    """
    parts: dict[int, tuple[Part, Gradebook]] = {}
    for source in sources:
        for path in sorted((source.home / "shards").glob("*-of-*.json")):
            part = read_part(path)
            other = parts.setdefault(part.index, (part, source))[0]
            check_same(other, part, path)
    if not parts:
        places = ", ".join(str(source.home) for source in sources)
        raise CourseError(
            f"no shards in {places}\n  expected: folders that ./mlsys grade ... --shard i/N wrote"
        )
    first = next(iter(parts.values()))[0]
    for part, source in parts.values():
        check_same(first, part, source.home)
    missing = [str(index) for index in range(1, first.count + 1) if index not in parts]
    if missing:
        raise CourseError(f"{first.unit}: missing shards: {', '.join(missing)} of {first.count}")
    people: dict[int, Standing] = {}
    for part, source in parts.values():
        people |= dict(zip(part.places, part.people, strict=True))
        for each in part.people:
            take_over(book, source, each)
    if sorted(people) != list(range(first.total)):
        raise CourseError(f"{first.unit}: expected {first.total} people in the shards, got {len(people)}")
    everyone = tuple(people[place] for place in sorted(people))
    return book.publish(everyone, manifest, write_reports)


def read_part(path: Path) -> Part:
    try:
        return Part.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CourseError(f"{path}: expected a shard's file, got: {str(error)[:300]}") from None


def check_same(one: Part, other: Part, place: Path) -> None:
    if (one.run, one.count, one.unit) != (other.run, other.count, other.unit):
        raise CourseError(
            f"{place}: a shard of another grading\n"
            "  expected: the same roster, policy, course, --seed and number of shards for all"
        )


def take_over(book: Gradebook, source: Gradebook, each: Standing) -> None:
    """Copy the entry of a standing, unless the gradebook has it already."""
    result = source.result(each.key) if each.key else None
    if result is None or book.result(each.key) is not None:
        return
    folder = source.entries / each.key / "files"
    files = {path.name: path.read_bytes() for path in sorted(folder.glob("*"))} if folder.is_dir() else {}
    book.put(each.key, result, files)

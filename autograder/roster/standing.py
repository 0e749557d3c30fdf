"""The grade of each person of a class: plain data, to and from JSON. The gradebook keeps it, and reports read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from autograder.core.result import GradeResult

SCHEMA = "mlsys/standings/v1"


class StandingModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(StandingModel):
    """One row of the roster."""

    id: str  # unique; what Canvas, Moodle or the registrar calls the student
    name: str
    repository: str  # a URL that git understands, or a folder
    email: str = ""
    github: str = ""
    group: str = ""  # members of a group share one repository and one result


class ManualPart(StandingModel):
    """One part of the rubric that people grade."""

    id: str  # "01.E"
    title: str
    points: float | None  # None: nobody has graded it yet
    max_points: int
    comment: str = ""
    grader: str = ""
    graded: str = ""  # UTC, ISO 8601
    replaced: tuple[str, ...] = ()  # "7 by bob, 2026-11-21T10:00:00Z": other graders' marks, not the latest


class Standing(StandingModel):
    """One person's grade in one unit, with everything that decided it."""

    person: Person
    result: GradeResult | None  # None: nothing could be graded, and `trouble` says why
    trouble: str = ""  # "no repository at ...", "nothing was received before the deadline"
    key: str = ""  # the gradebook's entry (see gradebook.py)
    commit: str = ""
    received: str = ""  # UTC, ISO 8601: when the grader first saw this commit
    deadline: str = ""  # of this person, with the extension
    days_late: int = 0  # started days after the grace period
    penalty: float = 0.0  # points taken off for lateness
    points: float = 0.0  # checks - penalty + manual parts that are graded
    max_points: int = 0  # checks and manual parts
    manual: tuple[ManualPart, ...] = ()
    tampered: tuple[str, ...] = ()  # files of the course that the submission changed
    open: str = ""  # what was expected and found, if work is not where it should be
    decision: str = ""  # "take" or "zero": the instructor's, about what is open or about nothing gradable

    @property
    def undecided(self) -> bool:
        """True if the instructor has to decide: nothing could be graded, or work is in an unexpected place."""
        return not self.decision and (bool(self.open) or self.result is None)

    @property
    def waits(self) -> bool:
        """True if the total is not final: nothing is decided, the grader failed, or a manual part has no points."""
        regrade = self.result is not None and self.result.needs_regrade
        return self.undecided or regrade or any(part.points is None for part in self.manual)


class Standings(StandingModel):
    """One grading of a class: a version of the gradebook, never changed afterwards."""

    version: Literal["mlsys/standings/v1"] = Field(default=SCHEMA, alias="schema")
    unit: str
    number: int  # 1, 2, ...: regrading makes a new one
    made: str  # UTC, ISO 8601
    people: tuple[Standing, ...]

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    def to_json(self) -> str:
        """Pretty JSON that `from_json` reads back to an equal value."""
        return self.model_dump_json(indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Standings:
        """Raises pydantic.ValidationError (a ValueError) for anything else."""
        return cls.model_validate_json(text)


def by_owner(people: Iterable[Standing]) -> list[tuple[Standing, ...]]:
    """The people who share each submission: a group, or one person. Equal files of two people are two submissions."""
    found: dict[tuple[str, str], list[Standing]] = {}
    for each in people:
        group = each.person.group
        found.setdefault(("group", group) if group else ("person", each.person.id), []).append(each)
    return [tuple(owners) for owners in found.values()]

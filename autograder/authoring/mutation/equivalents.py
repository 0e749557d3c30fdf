"""Mutants that are no mistakes: `autograder/checks/NN_name/equivalent.toml`, reviewed by hand.

    [[equivalent]]
    function = "_tile"
    was = "for p in range(k):"
    now = "for p in range(k + 0):"
    reason = "the same loop"

`was` and `now` are the changed lines; leading spaces do not matter. `was` without `now` is about all mutants of these
lines: lines that only correct the rounding of floats, say. An entry with `operator` is about all mutants of this
operator in the function. An entry that fits no mutant is an error: the code has changed.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autograder.authoring.mutation.mutants import Mutant
from autograder.core.units import CourseError, Unit

NAME = "equivalent.toml"
Text = Annotated[str, Field(min_length=1, strict=True)]


class Equivalent(BaseModel):
    """One entry: which mutants, and why no check can notice them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    function: Text
    reason: Text
    operator: str = ""
    was: str = ""
    now: str = ""

    @property
    def words(self) -> str:
        """The entry in a few words."""
        return f"{self.function}: {self.operator or self.now.strip() or self.was.strip()}"

    def fits(self, mutant: Mutant) -> bool:
        """True if the entry is about this mutant."""
        if mutant.function != self.function or self.operator not in ("", mutant.operator):
            return False
        if self.was and plain(mutant.was) != plain(self.was):
            return False
        return not self.now or plain(mutant.now) == plain(self.now)


class Equivalents(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    equivalent: tuple[Equivalent, ...] = ()


def plain(lines: str) -> str:
    return "\n".join(line.strip() for line in lines.strip().splitlines())


def equivalents_path(unit: Unit) -> Path:
    return unit.checks / NAME


def read_equivalents(unit: Unit) -> tuple[Equivalent, ...]:
    """The unit's entries; none without the file. Raises CourseError that names the first wrong one."""
    path = equivalents_path(unit)
    place = path.relative_to(unit.root).as_posix()
    try:
        found = Equivalents.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).equivalent
    except FileNotFoundError:
        return ()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise CourseError(f"{place}: {where}: {first['msg']}, got {first['input']!r}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{place}: expected TOML, got: {error}") from None
    for entry in found:
        if not entry.was and not entry.operator:
            raise CourseError(f"{place}: {entry.function}: expected `was` or `operator`, got neither")
    return found


def stale(entries: tuple[Equivalent, ...], mutants: list[Mutant]) -> list[Equivalent]:
    """The entries that fit no mutant."""
    return [entry for entry in entries if not any(entry.fits(mutant) for mutant in mutants)]

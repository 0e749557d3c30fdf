"""`autograder/checks/NN_slug/proof.json`: the graded submissions, their outcomes, and the hashes of everything that
decided them.

It has one line for each row, sorted by name, each with its own digest. So two branches that proved different rows merge
line by line, and a line that was edited by hand no longer matches its digest. The digest is not a signature: it
detects mistakes, and `./mlsys test --all` grades every row again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from autograder.authoring.cases import Case
from autograder.authoring.causes import Hashes, short_hash
from autograder.authoring.outcome import Outcome
from autograder.core.files import write_atomic
from autograder.core.locks import held_alone
from autograder.core.result import Status
from autograder.core.safe_open import open_folder
from autograder.core.units import CourseError, Unit

SCHEMA = "mlsys/proof/v1"
NAME = "proof.json"


class ProvedRow(BaseModel):
    """One row of a proof. `of`: the points that the row could get; `date`: the day of the grading, UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: int
    of: int
    lost: dict[str, Status]
    date: str
    hashes: Hashes
    digest: str

    @classmethod
    def of_outcome(cls, unit: Unit, outcome: Outcome, hashes: Hashes) -> ProvedRow:
        lost = dict(sorted(outcome.lost.items()))
        date = datetime.now(UTC).date().isoformat()
        row = cls(
            points=outcome.points, of=outcome.max_points, lost=lost, date=date, hashes=hashes, digest=""
        )
        return row.model_copy(update={"digest": row.expected_digest(unit, outcome.case.name)})

    def outcome(self, case: Case) -> Outcome:
        return Outcome(case, self.points, self.of, self.lost)

    def expected_digest(self, unit: Unit, name: str) -> str:
        fields = self.model_dump(mode="json", exclude={"digest"})
        return short_hash(json.dumps([SCHEMA, unit.slug, name, fields], sort_keys=True))

    def edited(self, unit: Unit, name: str) -> bool:
        """True if the row was changed after `./mlsys prove` wrote it."""
        return self.digest != self.expected_digest(unit, name)


def proof_path(unit: Unit) -> Path:
    return unit.checks / NAME


def read_proof(unit: Unit) -> dict[str, ProvedRow]:
    """Name -> row; {} if there is no proof. Rows may be edited: see `ProvedRow.edited`.

    Raises CourseError for a file that is not a proof of this unit.
    """
    path = proof_path(unit)
    place = path.relative_to(unit.root).as_posix()
    try:
        data: Any = json.loads(path.read_bytes())
        if data["schema"] != SCHEMA or data["unit"] != unit.slug:
            raise CourseError(
                f"{place}: expected schema {SCHEMA} and unit {unit.slug}, got {data['schema']} and {data['unit']}\n"
                f"  to fix: remove the file, then ./mlsys prove {unit.number}"
            )
        return {name: ProvedRow.model_validate(row) for name, row in data["rows"].items()}
    except FileNotFoundError:
        return {}
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        told = str(error).splitlines()[0]
        raise CourseError(
            f"{place}: expected a proof as ./mlsys prove writes it, got a file that cannot be read ({told})\n"
            f"  to fix: remove the file or take it back from git, then ./mlsys prove {unit.number}"
        ) from None


def write_proof(unit: Unit, rows: dict[str, ProvedRow]) -> None:
    """Replace the proof with these rows, in one step."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(row.model_dump(mode='json'))}" for name, row in sorted(rows.items())
    ]
    head = f'{{\n"schema": {json.dumps(SCHEMA)},\n"unit": {json.dumps(unit.slug)},\n"rows": {{\n'
    write_atomic(proof_path(unit), head + ",\n".join(lines) + "\n}\n}\n")


@contextmanager
def recording(unit: Unit) -> Iterator[None]:
    """Lock the proof. Raises CourseError if another process is writing it.

    Removes files that a killed process left beside the proof.
    """
    busy = f"another ./mlsys prove is writing the proof of {unit.slug}: wait until it is done"
    with held_alone(open_folder(unit.checks), busy):
        for stray in unit.checks.glob(f".{NAME}.*.tmp"):
            stray.unlink(missing_ok=True)
        yield

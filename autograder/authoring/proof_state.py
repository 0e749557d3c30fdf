"""Compare a proof with the current unit: find rows that are up to date, old (with the cause), or missing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from autograder.authoring.cases import Case, all_cases
from autograder.authoring.causes import INSIDE, OUTSIDE, Hasher, Hashes
from autograder.authoring.proof import ProvedRow, proof_path, read_proof
from autograder.core.manifest import Manifest, unit_manifest
from autograder.core.units import Unit


class Kind(StrEnum):
    """The state of one row."""

    CURRENT = "is proved"
    OUTSIDE = "was proved with other code around the unit"  # only the judge or shared code changed
    CHANGED = "changed since it was proved"
    MISSING = "has no proof"
    EDITED = "was edited by hand"


@dataclass(frozen=True)
class RowState:
    """One case of the unit, beside its row in the proof."""

    case: Case
    kind: Kind
    hashes: Hashes  # as the files are now
    proved: ProvedRow | None = None
    causes: tuple[str, ...] = ()  # what changed, in words

    @property
    def sentence(self) -> str:
        causes = f": {', '.join(self.causes)}" if self.causes else ""
        return f"{self.case.name} {self.kind}{causes}"


@dataclass(frozen=True)
class ProofState:
    """Every case of a unit, and the names of rows without a case."""

    unit: Unit
    manifest: Manifest
    rows: tuple[RowState, ...]
    gone: tuple[str, ...]

    def of_kind(self, *kinds: Kind) -> list[RowState]:
        return [row for row in self.rows if row.kind in kinds]

    def problems(self) -> list[str]:
        """Errors of the proof that need no grading, each with the command that fixes it."""
        place = proof_path(self.unit).relative_to(self.unit.root).as_posix()
        fix = f"\n  to fix: ./mlsys prove {self.unit.number}"
        found = [f"{place}: {row.sentence}{fix}" for row in self.of_kind(Kind.MISSING, Kind.EDITED)]
        return found + [f"{place}: {name} is a row without a submission{fix}" for name in self.gone]


def proof_state(unit: Unit, proved: dict[str, ProvedRow] | None = None) -> ProofState:
    """Read the unit's files and its proof (or take `proved` for it). Raises CourseError."""
    manifest = unit_manifest(unit)
    cases = all_cases(unit, manifest)
    proved = read_proof(unit) if proved is None else proved
    hasher = Hasher(unit, manifest)
    rows = tuple(row_state(unit, case, hasher.hashes(case), proved.get(case.name)) for case in cases)
    names = {case.name for case in cases}
    return ProofState(unit, manifest, rows, tuple(sorted(proved.keys() - names)))


def row_state(unit: Unit, case: Case, hashes: Hashes, proved: ProvedRow | None) -> RowState:
    if proved is None:
        return RowState(case, Kind.MISSING, hashes)
    if proved.edited(unit, case.name):
        return RowState(case, Kind.EDITED, hashes, proved)
    if inside := hashes.changed(proved.hashes, INSIDE):
        return RowState(case, Kind.CHANGED, hashes, proved, tuple(inside))
    if not proved.outcome(case).holds:  # for these files, ./mlsys prove has written no such row
        return RowState(case, Kind.EDITED, hashes, proved)
    if outside := hashes.changed(proved.hashes, OUTSIDE):
        return RowState(case, Kind.OUTSIDE, hashes, proved, tuple(outside))
    return RowState(case, Kind.CURRENT, hashes, proved)


def drawn_sample(state: ProofState, draw: int = 0) -> list[RowState]:
    """The starter, the reference, and one wrong solution of each task.

    The hash of the judge and of shared code selects it: the same for the same code, another after a change.
    draw: 0 for the sample that `./mlsys test` takes; 1, 2, ... take the next wrong solutions of each task.
    """
    chosen = [row for row in state.rows if row.case.wrong is None]
    for task in state.manifest.tasks:
        mine = [row for row in state.rows if row.case.wrong is not None and task.id in (row.case.tasks or ())]
        mine.sort(key=lambda row: hashlib.sha256(f"{row.hashes.outside}/{row.case.name}".encode()).digest())
        chosen += mine[draw % len(mine) : draw % len(mine) + 1] if mine else []
    return chosen

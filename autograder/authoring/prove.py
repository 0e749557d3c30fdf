"""Prove that a unit's checks tell right from wrong: grade the starter, the reference and the wrong solutions.

The starter must get 0 points, the reference all points, and a wrong solution must lose exactly its tests. The unit's
proof.json records each row that holds: a kill loses only the rows that are being graded.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Literal

from autograder.authoring.cases import Case
from autograder.authoring.causes import Hasher, Hashes
from autograder.authoring.outcome import Outcome
from autograder.authoring.proof import ProvedRow, read_proof, recording, write_proof
from autograder.authoring.proof_state import Kind, RowState, drawn_sample, proof_state
from autograder.authoring.warm_grader import grade_cases
from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError, Unit

Scope = Literal["old", "changed", "all"]
SCOPES: dict[Scope, tuple[Kind, ...]] = {
    "old": (Kind.MISSING, Kind.EDITED, Kind.CHANGED, Kind.OUTSIDE),
    "changed": (Kind.MISSING, Kind.EDITED, Kind.CHANGED),
    "all": tuple(Kind),
}


@dataclass
class ProofReport:
    """The outcomes of the rows of one unit."""

    unit: Unit
    total: int
    why: dict[str, str] = field(default_factory=dict)  # row to grade -> its state before, in words
    sampled: int = 0  # rows that are graded beside these
    graded: list[Outcome] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)  # rows whose files changed while they were graded

    @property
    def failures(self) -> list[str]:
        """The failures, in words, with the seeds that show them again."""
        told = [f"{each.difference} (seed {each.seed})" for each in self.graded if not each.holds]
        return told + [
            f"{name}: its files changed while it was graded; run it again" for name in self.unsettled
        ]


def prove(
    unit: Unit,
    *,
    scope: Scope = "old",
    sample: bool = False,
    record: bool = True,
    workers: int | None = None,
    on_plan: Callable[[ProofReport], None] = lambda _: None,
    on_row: Callable[[Outcome], None] = lambda _: None,
) -> ProofReport:
    """Grade the rows of the scope, and record those that hold; a row that does not hold is removed from the proof.

    scope: "old" for rows whose hashes do not match, "changed" for those that do not match for a reason inside the
    unit, "all" for every row. sample: also grade the second draw (see `drawn_sample`), without keeping it.
    record: False to write nothing. on_plan, on_row: called before the first grading, and with each outcome.

    Raises CourseError for a broken unit or without a sandbox.
    """
    with recording(unit) if record else nullcontext():
        kept = readable_proof(unit)
        state = proof_state(unit, kept)
        rows = state.of_kind(*SCOPES[scope])
        extra = [row for row in drawn_sample(state, 1) if row not in rows] if sample else []
        report = ProofReport(unit, len(state.rows), {row.case.name: row.sentence for row in rows}, len(extra))
        on_plan(report)
        if record and (doomed := [row.case.name for row in state.of_kind(Kind.EDITED)] + list(state.gone)):
            kept = {name: row for name, row in kept.items() if name not in doomed}
            write_proof(unit, kept)
        before = {row.case.name: row.hashes for row in rows}
        for outcome in grade_cases(unit, [row.case for row in rows + extra], workers):
            report.graded.append(outcome)
            if record and outcome.case.name in before:
                keep(unit, kept, outcome, before[outcome.case.name], report)
            on_row(outcome)
    return report


def keep(
    unit: Unit, kept: dict[str, ProvedRow], outcome: Outcome, before: Hashes, report: ProofReport
) -> None:
    """Record one outcome in the proof, if it holds and nobody edited its files during the grading."""
    name = outcome.case.name
    if hashes_now(unit, outcome.case) != before:
        report.unsettled.append(name)
        return
    kept.pop(name, None)
    if outcome.holds:
        kept[name] = ProvedRow.of_outcome(unit, outcome, before)
    write_proof(unit, kept)


def hashes_now(unit: Unit, case: Case) -> Hashes | None:
    """The hashes of one row from its current files; None if a file is missing or invalid."""
    try:
        return Hasher(unit, unit_manifest(unit)).hashes(case)
    except (OSError, CourseError):
        return None


def readable_proof(unit: Unit) -> dict[str, ProvedRow]:
    """The rows of the proof; none if the file cannot be read, because it will be replaced."""
    try:
        return read_proof(unit)
    except CourseError:
        return {}


def verify(
    unit: Unit, *, everything: bool = False, workers: int | None = None
) -> tuple[list[str], list[str]]:
    """Verify a proof, for `./mlsys test`; returns the problems and the notes, in words. Writes nothing.

    Grades the rows that changed inside the unit. If the judge or shared code changed, grades the sample too.
    everything: grade every row. The proof must be complete and unedited.
    """
    state = proof_state(unit)
    problems, notes = state.problems(), []
    if problems and not everything:
        return problems, notes
    rows = list(state.rows) if everything else state.of_kind(Kind.CHANGED)
    if rows and not everything:
        notes.append(
            f"{unit.slug}: graded {counted(rows)} again after a change of {causes_of(rows)}; "
            f"to keep the outcome: ./mlsys prove --changed {unit.number}"
        )
    old = state.of_kind(Kind.OUTSIDE)
    if old and not everything:
        sample = [row for row in drawn_sample(state) if row not in rows]
        notes.append(
            f"{unit.slug}: {causes_of(old)} changed since the proof was recorded; graded a sample: {counted(sample)} "
            f"of {len(state.rows)}"
        )
        rows += sample
    proved = {row.case.name: row.proved for row in state.rows}
    for outcome in grade_cases(unit, [row.case for row in rows], workers):
        before = proved[outcome.case.name]
        if not outcome.holds:
            problems.append(f"{unit.slug}: {outcome.difference} (seed {outcome.seed})")
        elif before is not None and not outcome.same_as(was := before.outcome(outcome.case)):
            problems.append(
                f"{unit.slug}: {outcome.case.name} gets {outcome.points} of {outcome.max_points}, and the proof says "
                f"{was.points} of {was.max_points}\n  to fix: ./mlsys prove --changed {unit.number}"
            )
    return problems, notes


def counted(rows: list[RowState]) -> str:
    return "1 row" if len(rows) == 1 else f"{len(rows)} rows"


def causes_of(rows: list[RowState]) -> str:
    return " and ".join(dict.fromkeys(cause for row in rows for cause in row.causes))

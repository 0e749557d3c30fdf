"""Compute a person's standing (points, penalty, total) from the chosen submission and its result."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from autograder.core.manifest import Manifest
from autograder.core.result import GradeResult
from autograder.roster.choose import Choice
from autograder.roster.lateness import Due, days_late, penalty
from autograder.roster.policy import Policy
from autograder.roster.rubric import manual_parts
from autograder.roster.standing import Person, Standing


def standing(
    person: Person,
    choice: Choice,
    key: str,
    result: GradeResult | None,
    *,
    trouble: str,
    when: Due,
    policy: Policy,
    manifest: Manifest,
    marks: Path,
) -> Standing:
    """One person's grade. `key`, `result`: of the gradebook's entry, empty if nothing was graded."""
    days = days_late(policy, when, choice.received) if choice.received else 0
    manual = manual_parts(manifest, marks, person.id)
    checks = result.points if result else 0
    off = penalty(policy, days, checks, manifest.points)
    by_hand = sum(part.points or 0 for part in manual)
    return Standing(
        person=person,
        result=result.model_copy(update={"submission": person.group or person.id}) if result else None,
        trouble=choice.trouble or trouble,
        key=key,
        commit=choice.commit,
        received=text(choice.received),
        deadline=text(when.deadline),
        days_late=days,
        penalty=off,
        points=round(checks - off + by_hand, 2),
        max_points=manifest.points + sum(part.max_points for part in manual),
        manual=manual,
        tampered=choice.tampered,
        open=choice.offer.text,
        decision=choice.decision,
    )


def text(moment: datetime | None) -> str:
    """ISO 8601, or "" for none."""
    return moment.isoformat() if moment else ""

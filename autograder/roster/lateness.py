"""Late days and penalties, computed from the times that the grader recorded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from autograder.roster.policy import Policy
from autograder.roster.standing import Person

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """One person's deadline (UTC), and the last time at which work is accepted; None: no limit."""

    deadline: datetime | None
    closes: datetime | None


def due(policy: Policy, person: Person) -> Due:
    """This person's deadline, with their extensions."""
    deadline = policy.deadline_of(person)
    if deadline is None:
        return Due(None, None)
    if policy.late is None:
        return Due(deadline, deadline)
    days = policy.late.accepted_days
    grace = timedelta(minutes=policy.late.grace_minutes)
    return Due(deadline, None if days is None else deadline + max(grace, timedelta(days=days)))


def days_late(policy: Policy, when: Due, received: datetime) -> int:
    """Started days after the deadline and its grace period: one second late is one day."""
    if when.deadline is None:
        return 0
    grace = timedelta(minutes=policy.late.grace_minutes) if policy.late else timedelta()
    return max(0, math.ceil((received - when.deadline - grace) / DAY))


def penalty(policy: Policy, days: int, points: float, max_points: int) -> float:
    """Points to take off: at most the cap, and at most the points of the submission."""
    if policy.late is None or days <= 0:
        return 0.0
    late = policy.late
    if late.percent_a_day is not None:
        percent = late.percent_a_day * days
        off = max_points * min(percent, percent if late.cap is None else late.cap) / 100
    else:
        off = (late.points_a_day or 0) * days
        off = off if late.cap is None else min(off, late.cap)
    return round(float(min(off, points)), 2)

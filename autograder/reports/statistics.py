"""Statistics of a class's results, as plain numbers.

Tasks and checks count once for each submission (a group has one), totals once for each person.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from dataclasses import dataclass

from autograder.core.result import SEVERITY, GradeResult, Status
from autograder.roster.standing import Standing, Standings, by_owner

BINS = 10


@dataclass(frozen=True)
class Bin:
    """One bar of the histogram: totals in [low, high) percent; the last one includes 100."""

    low: int
    high: int
    count: int


@dataclass(frozen=True)
class TaskFigures:
    """The points of all submissions in one task."""

    id: str
    function: str
    title: str
    max_points: int
    mean: float
    complete: int  # submissions with all its points
    written: int  # submissions in which anything was written
    submissions: int

    @property
    def share(self) -> float:
        """The mean share of the task's points, 0 to 1."""
        return self.mean / self.max_points if self.max_points else 0.0


@dataclass(frozen=True)
class CheckFigures:
    """A check that failed, among the submissions that wrote its task."""

    name: str
    task: str
    hidden: bool
    lost: int
    tried: int


@dataclass(frozen=True)
class KindFigures:
    """One kind of failure: the number of checks, and of submissions."""

    status: Status
    checks: int
    submissions: int


@dataclass(frozen=True)
class Leader:
    """One row of a leaderboard."""

    place: int
    names: str
    value: float


@dataclass(frozen=True)
class Board:
    """The submissions by one measured figure of one check."""

    task: str
    name: str
    unit: str
    leaders: tuple[Leader, ...]


@dataclass(frozen=True)
class ClassFigures:
    """All figures of the class page."""

    people: int
    graded: int
    waiting: int
    mean: float | None
    median: float | None
    bins: tuple[Bin, ...]
    tasks: tuple[TaskFigures, ...]
    hardest: TaskFigures | None
    kinds: tuple[KindFigures, ...]
    checks: tuple[CheckFigures, ...]
    boards: tuple[Board, ...]


def class_figures(standings: Standings, *, rows: int = 10) -> ClassFigures:
    """The figures of one version; `rows`: the most that a list of checks or leaders shows."""
    graded = [each for each in standings.people if each.result is not None]
    owners = by_owner(graded)
    results = [people[0].result for people in owners if people[0].result is not None]
    shares = [100 * each.points / each.max_points for each in graded if each.max_points]
    tasks = task_figures(results)
    tried = [task for task in tasks if task.written]
    return ClassFigures(
        people=len(standings.people),
        graded=len(graded),
        waiting=sum(each.waits for each in graded),
        mean=statistics.fmean(shares) if shares else None,
        median=statistics.median(shares) if shares else None,
        bins=bins(shares),
        tasks=tasks,
        hardest=min(tried, key=lambda task: task.share) if len(tried) > 1 else None,
        kinds=kind_figures(results),
        checks=tuple(check_figures(results)[:rows]),
        boards=boards(owners, rows),
    )


def bins(shares: list[float]) -> tuple[Bin, ...]:
    width = 100 // BINS
    places = Counter(min(max(math.floor(share / width), 0), BINS - 1) for share in shares)
    return tuple(Bin(place * width, (place + 1) * width, places[place]) for place in range(BINS))


def task_figures(results: list[GradeResult]) -> tuple[TaskFigures, ...]:
    found = []
    names = dict.fromkeys(task.id for result in results for task in result.tasks)
    for name in names:
        mine = [task for result in results for task in result.tasks if task.id == name]
        idle = {Status.NOT_IMPLEMENTED, Status.MISSING}
        found.append(
            TaskFigures(
                id=name,
                function=mine[0].function,
                title=mine[0].title,
                max_points=max(task.max_points for task in mine),
                mean=statistics.fmean(task.points for task in mine),
                complete=sum(task.points == task.max_points for task in mine),
                written=sum(task.status not in idle for task in mine),
                submissions=len(mine),
            )
        )
    return tuple(found)


def kind_figures(results: list[GradeResult]) -> tuple[KindFigures, ...]:
    """The kinds of failures, the most frequent one first."""
    checks = Counter(test.status for result in results for test in result.tests)
    hit = Counter(status for result in results for status in {test.status for test in result.tests})
    kinds = [
        status for status in SEVERITY if checks[status] and status not in {Status.PASSED, Status.NOT_RUN}
    ]
    found = [KindFigures(status, checks[status], hit[status]) for status in kinds]
    return tuple(sorted(found, key=lambda each: -each.checks))


def check_figures(results: list[GradeResult]) -> list[CheckFigures]:
    """The checks that failed most often, among the submissions that wrote the task."""
    idle = {Status.NOT_IMPLEMENTED, Status.MISSING, Status.NOT_RUN, Status.SKIPPED}
    lost: Counter[tuple[str, str, bool]] = Counter()
    tried: Counter[tuple[str, str, bool]] = Counter()
    for result in results:
        for test in result.tests:
            key = (test.name, test.task, test.hidden)
            tried[key] += test.status not in idle
            lost[key] += test.status not in idle and not test.passed
    found = [CheckFigures(*key, lost[key], tried[key]) for key in tried if lost[key]]
    return sorted(found, key=lambda each: (-each.lost / each.tried, each.task, each.name))


def boards(owners: list[tuple[Standing, ...]], rows: int) -> tuple[Board, ...]:
    """A leaderboard for every measured figure, without submissions that fail the check."""
    found: dict[tuple[str, str, str, str], list[tuple[float, str]]] = {}
    for people in owners:
        names = ", ".join(each.person.name or each.person.id for each in people)
        for test in people[0].result.tests if people[0].result else ():
            for figure in test.figures if test.passed else ():
                key = (test.task, figure.name, figure.unit, figure.better)
                found.setdefault(key, []).append((figure.value, names))
    made = []
    for (task, name, unit, better), entries in found.items():
        ranked = sorted(entries, key=lambda entry: (-entry[0] if better == "higher" else entry[0], entry[1]))
        values = [value for value, _ in ranked]
        leaders = tuple(Leader(values.index(value) + 1, who, value) for value, who in ranked[:rows])
        made.append(Board(task, name, unit, leaders))
    return tuple(made)

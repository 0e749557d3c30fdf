"""The summary that `./mlsys grade` prints at its end."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.core.result import Status
from autograder.reports import class_report
from autograder.reports.view import clean, sign
from autograder.roster.run import GradingRun, RunOutcome
from autograder.roster.standing import Person, Standing
from autograder.roster.unwatched_deadlines import unwatched

LONGEST = 60  # rows; for a larger class, only people with a note


def summary(grading: GradingRun, outcome: RunOutcome, console: Console) -> None:
    """Print one row a person (in a large class, only people with a note), statistics, and what to do next."""
    people = outcome.people
    shown = people if len(people) <= LONGEST else tuple(each for each in people if notes(each))
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    named = any(each.person.name not in ("", each.person.id) for each in shown)
    grid.add_column("Id", overflow="fold")
    if named:
        grid.add_column("Name", overflow="fold")
    grid.add_column("Points", justify="right", no_wrap=True)
    grid.add_column("Tasks", overflow="fold")
    for each in shown[:LONGEST]:
        points = "-" if each.undecided else f"{each.points:g}/{each.max_points}"
        told = "; ".join(part for part in (signs(each), *notes(each)) if part)
        who = [each.person.id, *([each.person.name] if named else [])]
        grid.add_row(*(Text(clean(word)) for word in who), points, Text(told))
    if shown:
        console.print(grid)
    if len(shown) > LONGEST:
        console.print(Text(f"... and {len(shown) - LONGEST} more; class.html lists everybody"))
    graded = [each.points for each in people if not each.undecided]
    if len(people) > 1 and graded:
        figures = f"median {statistics.median(graded):g}, from {min(graded):g} to {max(graded):g} points"
        console.print(Text(f"{len(graded)} of {len(people)} graded: {figures}", style="bold"))
    waiting = sum(any(part.points is None for part in each.manual) for each in people)
    if waiting:
        told = f"{waiting} of {len(people)} totals need marks. Next: ./mlsys mark {grading.unit.number}"
        console.print(Text(told, style="bold"))
    for line in (*undecided(people), *doubts(grading), *news(outcome)):
        console.print(Text(line, style="bright_black"), soft_wrap=True)


def known_as(person: Person) -> str:
    """ "Ada Lovelace (s101)", or only the id if there is no other name."""
    return clean(class_report.known_as(person.id, person.name))


def signs(standing: Standing) -> str:
    """One sign a task."""
    result = standing.result
    return (
        " ".join(f"{sign(task.status)}{task.id.partition('.')[2]}" for task in result.tasks) if result else ""
    )


def notes(standing: Standing) -> list[str]:
    """Notes about one person: not graded, late, or changed files of the course."""
    result, found = standing.result, []
    if result is None:
        what = "a zero, by your decision" if standing.decision else "not graded"
        found.append(f"{what}: {clean('; '.join(filter(None, (standing.trouble, standing.open))))}")
        return found
    if standing.open:
        what = {"take": "taken by your decision", "zero": "left by your decision"}.get(
            standing.decision, "open"
        )
        found.append(f"{what}: {clean(standing.open)}")
    if result.needs_regrade:
        found.append("the grader failed: run the same command again")
    if result.tests and all(test.status is Status.INVALID_SUBMISSION for test in result.tests):
        found.append(clean("; ".join(result.notes)))
    if standing.days_late:
        found.append(f"{standing.days_late} days late, -{standing.penalty:g}")
    if standing.tampered:
        more = f" and {len(standing.tampered) - 3} more" if len(standing.tampered) > 3 else ""
        found.append(f"changed {clean(', '.join(standing.tampered[:3]))}{more}")
    return found


def undecided(people: tuple[Standing, ...]) -> list[str]:
    """A line that says how to decide about open totals."""
    count = sum(each.undecided for each in people)
    if not count:
        return []
    return [
        f"{count} of {len(people)} totals are open. To grade the work that was found: the same command with "
        "--take ID. To close a total without it: --zero ID"
    ]


def doubts(grading: GradingRun) -> list[str]:
    """A line that names the people who may have pushed in time although no fetch ran at the deadline."""
    found = [
        known_as(person)
        for _, person in grading.mine
        if unwatched(grading.store, person.repository, grading.due(person.repository)) is not None
    ]
    if not found:
        return []
    names = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    return [
        f"no fetch ran at the deadline: {names} may have pushed in time. "
        "Now: add an [[extension]] to the policy. Next time: run ./mlsys collect at the deadline"
    ]


def news(outcome: RunOutcome) -> list[str]:
    known = f"{outcome.graded} graded now" if outcome.graded else "nothing new to grade"
    if outcome.number and not outcome.new:
        return [f"{known}; every grade is the same as in version {outcome.number}: {outcome.place}"]
    what = f"version {outcome.number}" if outcome.number else "this part of the class"
    return [*moved(outcome), f"{known}; {what} is in {outcome.place}"]


def moved(outcome: RunOutcome) -> list[str]:
    """A line that names the people whose totals changed since the version before."""
    return changed_totals(outcome.before, outcome.people, outcome.number)


def changed_totals(before: Sequence[Standing], people: Sequence[Standing], number: int) -> list[str]:
    """A line that names the people whose totals differ from those `before` version `number`; none if none do."""
    known = {each.person.id: each for each in before}
    pairs = [(known[each.person.id], each) for each in people if each.person.id in known]
    changed = [(one, two) for one, two in pairs if (one.points, one.undecided) != (two.points, two.undecided)]
    if not changed:
        return []
    told = [f"{known_as(two.person)} {total(one)} -> {total(two)}" for one, two in changed[:5]]
    more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
    count = "1 total" if len(changed) == 1 else f"{len(changed)} totals"
    return [f"{count} changed since version {number - 1}: {', '.join(told)}{more} (see changes.json)"]


def total(standing: Standing) -> str:
    return "open" if standing.undecided else f"{standing.points:g}"

"""Compare two versions of the gradebook, without times, and list the people whose grade changed."""

from __future__ import annotations

from typing import Any

from autograder.roster.standing import Standing, Standings


def grades(standings: Standings) -> dict[str, Any]:
    """Only points and statuses: the same bytes in every run, on every machine.

    Times, durations and feedback differ from run to run; they are in standings.json.
    """
    return {
        "schema": "mlsys/grades/v1",
        "unit": standings.unit,
        "seeds": sorted({each.result.seed for each in standings.people if each.result}),
        "people": [grade(each) for each in standings.people],
    }


def grade(standing: Standing) -> dict[str, Any]:
    """One person."""
    result = standing.result
    return {
        "id": standing.person.id,
        "points": standing.points,
        "max_points": standing.max_points,
        "days_late": standing.days_late,
        "penalty": standing.penalty,
        "waits": standing.waits,
        "commit": standing.commit,
        "key": standing.key,
        "trouble": standing.trouble,
        "open": standing.open,
        "decision": standing.decision,
        "tampered": list(standing.tampered),
        "tasks": {task.id: task.points for task in result.tasks} if result else {},
        "tests": tests(standing),
        "manual": {part.id: part.points for part in standing.manual},
    }


def tests(standing: Standing) -> dict[str, str]:
    """Test -> status."""
    return {test.name: test.status.value for test in standing.result.tests} if standing.result else {}


def changes(before: Standings | None, after: Standings) -> dict[str, Any]:
    """The people who are new, who left, and whose grade changed."""
    old = {each.person.id: each for each in before.people} if before else {}
    new = {each.person.id: each for each in after.people}
    pairs = [(old[id], each) for id, each in new.items() if id in old]
    return {
        "schema": "mlsys/changes/v1",
        "unit": after.unit,
        "from": before.number if before else None,
        "to": after.number,
        "changed": [found for pair in pairs if (found := difference(*pair)) is not None],
        "added": [id for id in new if id not in old],
        "removed": [id for id in old if id not in new],
    }


def difference(before: Standing, after: Standing) -> dict[str, Any] | None:
    """The differences for one person; None if the grade and its causes are the same."""
    one, two = grade(before), grade(after)
    fields = [name for name in one if name not in ("id", "key", "tests") and one[name] != two[name]]
    names = dict.fromkeys([*one["tests"], *two["tests"]])
    moved = {n: [one["tests"].get(n), two["tests"].get(n)] for n in names}
    moved = {name: pair for name, pair in moved.items() if pair[0] != pair[1]}
    if not fields and not moved:
        return None
    return {
        "id": after.person.id,
        "name": after.person.name,
        "points": [before.points, after.points],
        "fields": {name: [one[name], two[name]] for name in fields if name != "points"},
        "tests": moved,
    }

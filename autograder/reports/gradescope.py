"""One student's standing as Gradescope's results.json, the format that its autograder containers write.

Gradescope shows the whole file to the student, so a hidden check has only its status.
"""

from __future__ import annotations

import json
from typing import Any

from autograder.core.result import TaskResult, TestResult
from autograder.reports.view import check_title, clean, details, headline, number
from autograder.roster.standing import ManualPart, Standing, Standings


def results(standing: Standing, standings: Standings) -> dict[str, Any]:
    """The document: https://gradescope-autograders.readthedocs.io/en/latest/specs/"""
    result = standing.result.for_student() if standing.result else None
    tests = []
    for task in result.tasks if result else ():
        tests += [entry(test, task, f"{task.id}.{index}") for index, test in enumerate(task.tests, 1)]
    tests += [manual_entry(part) for part in standing.manual]
    return {
        "score": round(standing.points, 6),
        "execution_time": round(result.seconds, 3) if result else 0.0,
        "output": summary(standing),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "leaderboard": [],
        "extra_data": {
            "schema": standings.version,
            "unit": standings.unit,
            "number": standings.number,
            "max_score": standing.max_points,
            "days_late": standing.days_late,
            "penalty": standing.penalty,
            "waits": standing.waits,
            "commit": standing.commit,
            "tier": result.tier if result else "",
        },
    }


def summary(standing: Standing) -> str:
    """The text above the tests."""
    lines = [headline(standing.result)] if standing.result else [clean(standing.trouble)]
    if standing.penalty:
        lines.append(f"{standing.days_late} day(s) late: {number(standing.penalty)} points off.")
    if standing.waits:
        lines.append("This total is not final yet.")
    return "\n".join(lines)


def entry(test: TestResult, task: TaskResult, place: str) -> dict[str, Any]:
    lines = [] if test.passed else [test.status.sentence]
    lines += [f"{each.label}: {each.text}" if each.label else each.text for each in details(test)]
    return {
        "score": test.points,
        "max_score": test.max_points,
        "status": "passed" if test.passed else "failed",
        "name": f"{task.id} {task.function}: {check_title(test, task)}",
        "name_format": "text",
        "number": place,
        "output": "\n".join(lines),
        "output_format": "text",
        "tags": [task.id, *(["hidden"] if test.hidden else [])],
        "visibility": "visible",
        "extra_data": {"status": test.status.value},
    }


def manual_entry(part: ManualPart) -> dict[str, Any]:
    """A manual part; without a mark it has no status, and 0 points."""
    graded = part.points is not None
    status = {"status": "passed" if part.points == part.max_points else "failed"} if graded else {}
    return {
        "score": part.points or 0,
        "max_score": part.max_points,
        **status,
        "name": f"{part.id} {clean(part.title)}",
        "name_format": "text",
        "number": part.id,
        "output": clean(part.comment) if graded else "not graded yet",
        "output_format": "text",
        "tags": [part.id, "manual"],
        "visibility": "visible",
        "extra_data": {"graded": part.graded},
    }


def to_json(standing: Standing, standings: Standings) -> str:
    return json.dumps(results(standing, standings), indent=1, ensure_ascii=True) + "\n"

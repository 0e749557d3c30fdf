"""Check a desk, for `./mlsys check` and `%check`.

As a program, `python -m autograder.lab.desk_check WHAT DESK` prints lines of JSON; the last one has a GradeResult.
The notebook starts it as a separate process, so that code of the notebook cannot change the judge.

    {"checking": "01.3"}  {"start": {"title": ..., "limit": 120}}  {"done": "test_a"}  {"result": "{...}"}
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from autograder.core.manifest import Manifest
from autograder.core.result import GradeResult, Status, TestResult
from autograder.core.selection import find_asked
from autograder.core.storage import explain
from autograder.core.units import SLUG, CourseError, Unit
from autograder.judge.grading import grade_submission
from autograder.judge.recorder import Started
from autograder.judge.worker.unwritten import unwritten
from autograder.lab.progress import record


def check_desk(
    unit: Unit,
    manifest: Manifest,
    *,
    tasks: set[str] | None = None,
    seed: int | None = None,
    desk: Path | None = None,
    on_test: Callable[[TestResult], None] | None = None,
    on_start: Callable[[Started], None] | None = None,
) -> GradeResult:
    """Check the desk, and add notes about points that only the instructor can give.

    desk: default is the unit's own desk; the progress is stored for that one only. Raises CourseError if there is
    no desk.
    """
    folder = desk or unit.desk
    if not folder.is_dir():
        raise CourseError(
            f"you have no files for unit {unit.number} yet\n"
            f"  expected: the folder work/{unit.slug}/\n"
            f"  to fix: ./mlsys lab {unit.number}"
        )
    result = grade_submission(
        unit,
        folder,
        name=unit.slug,
        seed=seed,
        tasks=tasks,
        sandbox="prefer",
        on_test=on_test,
        on_start=on_start,
        hurry=True,
        gpu=True,  # students run their own code on their own machine
    )
    if folder.resolve() == unit.desk.resolve():
        try:
            record(unit, manifest, result)
        except OSError as error:  # the result is worth more than the note of it
            note = (
                f"./mlsys status does not know of this check: {explain(error).partition(chr(10))[0] or error}"
            )
            result = result.model_copy(update={"notes": (*result.notes, note)})
    result = result.model_copy(update={"notes": (*result.notes, *misplaced(unit, manifest, result))})
    if hidden := result.hidden_points:
        points = "1 more point" if hidden == 1 else f"{hidden} more points"
        note = f"Hidden checks, which your instructor runs, give {points}."
        result = result.model_copy(update={"notes": (*result.notes, note)})
    if manifest.manual and tasks is None:
        parts = ", ".join(f"{part.id} {part.title} ({part.points})" for part in manifest.manual)
        note = f"People grade the rest of the {manifest.total_points} points of this unit: {parts}."
        result = result.model_copy(update={"notes": (*result.notes, note)})
    return result


def misplaced(unit: Unit, manifest: Manifest, result: GradeResult) -> list[str]:
    """A note for each file of `assignments/` in which a task is written that is not written on the desk."""
    found: dict[str, list[str]] = {}
    for task in result.tasks:
        module = manifest.task(task.id).module
        place = unit.assignment / module
        if any(test.status is Status.NOT_IMPLEMENTED for test in task.tests) and place.is_file():
            text, desk = place.read_bytes(), unit.desk / module
            if desk.is_file() and unwritten(desk.read_bytes(), task.id) and not unwritten(text, task.id):
                found.setdefault(module, []).append(task.id)
    return [
        f"{', '.join(ids)}: written in assignments/{unit.slug}/{module}, which nobody grades. "
        f"Copy it to work/{unit.slug}/{module}, your desk."
        for module, ids in found.items()
    ]


def main(arguments: list[str]) -> int:
    """Check WHAT ("01.3") on DESK; print progress and the result. Code 2: a user's mistake, with a line on stderr."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # other prints must not mix with the answer

    def tell(**event: object) -> None:
        print(json.dumps(event), file=answer, flush=True)

    what, desk = arguments
    try:
        asked = find_asked(what, here=Path(desk).name if SLUG.fullmatch(Path(desk).name) else "")
        tell(checking=asked.name)
        result = check_desk(
            asked.unit,
            asked.manifest,
            tasks=asked.ids,
            desk=Path(desk),
            on_test=lambda test: tell(done=test.name),
            on_start=lambda started: tell(start=asdict(started)),
        )
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        told = explain(error, "your files are unchanged")
        if not told:
            raise
        print(told, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    tell(result=result.to_json())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

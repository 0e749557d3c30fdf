"""Grade a student's checkout for Classroom 50, and write its result.json.

    python -m autograder.reports.classroom50 NN_slug

grades the checkout in the current folder with the checks of this course, in a sandbox. Names and addresses come from
the environment variables of the runner. The format is `schemas/result-v1.schema.json` of
github.com/foundation50/classroom50. The score is advice only: the runner belongs to the student's repository.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.core.files import write_atomic
from autograder.core.result import GradeResult
from autograder.core.units import CourseError, Unit, find_unit
from autograder.judge.grading import grade_submission
from autograder.judge.sandbox.plan import available
from autograder.reports.markdown import result_markdown
from autograder.reports.view import check_title

SCHEMA = "classroom50/result/v1"
TYPES = ("individual", "group")


def document(result: GradeResult, environment: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The result in Classroom 50's format. Raises CourseError for a missing or wrong environment variable."""

    def word(name: str, *instead: str) -> str:
        found = next((environment[key] for key in (name, *instead) if environment.get(key, "").strip()), "")
        if not found:
            raise CourseError(
                f"the environment variable {name} is missing\n  expected: a start by Classroom 50's runner"
            )
        return found.strip()

    kind = environment.get("ASSIGNMENT_TYPE", "").strip() or "individual"
    if kind not in TYPES:
        raise CourseError(f"ASSIGNMENT_TYPE: expected one of {', '.join(TYPES)}; got {kind!r}")
    submission, commit = word("SUBMISSION_TAG"), word("COMMIT_URL")
    if not submission.startswith("submit/"):
        raise CourseError(f"SUBMISSION_TAG: expected submit/..., got {submission!r}")
    moment = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = result.for_student()
    return {
        "schema": SCHEMA,
        "classroom": word("CLASSROOM"),
        "assignment": word("ASSIGNMENT"),
        "assignment_type": kind,
        "owner": word("OWNER", "USERNAME"),
        "submission": submission,
        "commit": commit,
        "release": word("RELEASE_URL"),
        "review": environment.get("REVIEW_URL", "").strip() or commit,
        "datetime": moment,
        "graded_at": moment,
        "score": shown.points,
        "max-score": shown.max_points,
        "tests": [
            {
                "test-name": f"{task.id} {task.function}: {check_title(test, task)}",
                "passed": test.passed,
                "score": test.points,
                "max-score": test.max_points,
            }
            for task in shown.tasks
            for test in task.tests
        ],
    }


def submission_in(checkout: Path, unit: Unit) -> Path:
    """The folder of the modules: work/NN_slug, or the checkout itself."""
    desk = checkout / "work" / unit.slug
    real = desk.is_dir() and not desk.is_symlink() and not desk.parent.is_symlink()
    return desk if real else checkout


def grade_checkout(slug: str, checkout: Path, environment: Mapping[str, str]) -> GradeResult:
    """Grade the checkout, and write result.json and release-body.md into it.

    Raises CourseError without a sandbox, and outside of Classroom 50's runner.
    """
    works, reason = available()
    if not works:
        raise CourseError(f"grading needs a sandbox: {reason}")
    unit = find_unit(slug)
    name = environment.get("OWNER", "") or "submission"
    result = grade_submission(unit, submission_in(checkout, unit), name=name, sandbox="require")
    content = json.dumps(document(result, environment, datetime.now(UTC)), indent=2) + "\n"
    for file, text in (("result.json", content), ("release-body.md", result_markdown(result))):
        target = checkout / file
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)  # the submission made this folder
        write_atomic(target, text)
    return result


def main(arguments: list[str]) -> int:
    """Exit code 0 when result.json was written, whatever the score; 2 when it could not be."""
    [slug] = arguments
    try:
        result = grade_checkout(slug, Path.cwd(), os.environ)
    except CourseError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 2
    print(f"{result.points} of {result.max_points} points")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

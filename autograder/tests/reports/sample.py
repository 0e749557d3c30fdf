"""A graded class made by hand: what reports draw, without grading anything."""

from __future__ import annotations

from autograder.core.manifest import Manifest, parse_manifest
from autograder.core.result import (
    Feedback,
    GradedFile,
    Grader,
    GradeResult,
    MeasuredFigure,
    Status,
    TaskResult,
    TestResult,
)
from autograder.roster.standing import ManualPart, Person, Standing, Standings
from autograder.tests.mini import MANIFEST

HOSTILE = (
    "\x1b[31mred\x1b[0m [bold]x[/bold] [/nope] ::notice::hi\n::error::y "
    "</pre><script>alert(1)</script>\u202eabc\x00\x07 ]]> &amp; '\" | `code` ![x](http://x)\ufffe"
)


def manifest() -> Manifest:
    """The unit of the class: 9 points from checks, 3 from people."""
    return parse_manifest(MANIFEST, "x.toml", folder="01_tiny")


def result(statuses: dict[str, Status] | None = None, *, seconds: float = 1.25, **feedback) -> GradeResult:
    """A submission whose checks pass, but for those in `statuses`, which carry `feedback`."""
    unit, statuses = manifest(), statuses or {}
    tasks = []
    for task in unit.tasks:
        tests = []
        for name, points in task.checks.items():
            status = statuses.get(name, Status.PASSED)
            tests.append(
                TestResult(
                    name=name,
                    task=task.id,
                    status=status,
                    points=points if status is Status.PASSED else 0,
                    max_points=points,
                    hidden="hidden" in name,
                    seconds=0.25,
                    feedback=Feedback() if status is Status.PASSED else Feedback(**feedback),
                )
            )
        tasks.append(
            TaskResult(
                id=task.id,
                function=task.function,
                title=task.title,
                points=sum(test.points for test in tests),
                max_points=task.points,
                tests=tuple(tests),
            )
        )
    return GradeResult(
        unit="01_tiny",
        submission="ada",
        files=(GradedFile(path="ops.py", sha256="ab" * 32, bytes=120),),
        tasks=tuple(tasks),
        points=sum(task.points for task in tasks),
        max_points=9,
        tier="bubblewrap",
        seed=4711,
        started="2026-11-20T10:00:00Z",
        seconds=seconds,
        grader=Grader(version="0.1.0", manifest_sha256="1" * 64, checks_sha256="2" * 64),
        machine={"cores": 2},
    )


def with_speed(found: GradeResult, value: float) -> GradeResult:
    """The same result with a speed measured by its check of task 01.2."""
    figure = MeasuredFigure(name="speed beside NumPy", value=value, unit="x")
    tasks = tuple(
        task.model_copy(
            update={
                "tests": tuple(
                    test.model_copy(update={"figures": (figure,)})
                    if test.name == "test_scale_multiplies"
                    else test
                    for test in task.tests
                )
            }
        )
        for task in found.tasks
    )
    return found.model_copy(update={"tasks": tasks})


def part(points: float | None, **more) -> ManualPart:
    """The unit's manual part, 01.E."""
    graded = {"grader": "bob", "graded": "2026-11-21T09:00:00Z"} if points is not None else {}
    fields = {"id": "01.E", "title": "Your explanation", "points": points, "max_points": 3}
    return ManualPart.model_validate(fields | graded | more)


def person(name: str, **more) -> Person:
    """Ada Smith -> ada, ada@uni.example."""
    first = name.split()[0].lower()
    fields = {
        "id": first,
        "name": name,
        "repository": f"https://git.example/{first}",
        "email": f"{first}@uni.example",
    }
    return Person.model_validate(fields | more)


def standing(
    who: Person, found: GradeResult | None, manual: ManualPart | None = None, *, penalty: float = 0.0, **more
) -> Standing:
    """A person with this result; without `manual` their manual part waits."""
    manual = manual or part(None)
    points = (found.points if found else 0) - penalty + (manual.points or 0)
    fields = {
        "key": f"key-{who.group or who.id}" if found else "",
        "commit": "c" * 40 if found else "",
        "received": "2026-11-20T09:00:00Z",
        "deadline": "2026-11-20T23:59:00Z",
        "penalty": penalty,
        "points": points,
        "max_points": 12,
        "manual": (manual,),
    }
    return Standing(person=who, result=found, **(fields | more))


def standings(*people: Standing) -> Standings:
    """Version 1 of the class."""
    return Standings(unit="01_tiny", number=1, made="2026-11-21T10:00:00Z", people=people)


def small_class() -> Standings:
    """A bit of everything: full points, late, wrong, not written, ungraded, tampered, a group, hostile text."""
    wrong = result(
        {"test_add_sums": Status.FAILED, "test_scale_hidden_zeros": Status.TIMEOUT},
        message="one element is wrong",
        call="add(list of 4, list of 4)",
        first_wrong=(2,),
        wrong=1,
        total=4,
        got="[1.5, 0.25, -3.0, 7.75]",
        expected="[1.5, 0.25, 3.0, 7.75]",
        hint="is it a sum?",
        stdout="at the third element\n" * 3,
        path="ops.py",
        sha256="ab" * 32,
    )
    unwritten = result(dict.fromkeys(manifest().checks, Status.NOT_IMPLEMENTED), message="not written yet")
    evil = result({"test_add_sums": Status.ERROR}, message=HOSTILE, got=HOSTILE, stdout=HOSTILE, hint=HOSTILE)
    broken = result({"test_scale_multiplies": Status.INFRA_ERROR}, message="the disk was full")
    team = with_speed(result(), 2.5)
    return standings(
        standing(person("Ada Smith"), with_speed(result(), 3.75), part(3, comment="Clear, with a figure.")),
        standing(
            person("Bo Chen"),
            wrong,
            part(1.5, comment="Why does it need both?"),
            penalty=2,
            days_late=1,
            received="2026-11-21T08:00:00Z",
        ),
        standing(person("Cy Diaz", group="red"), team, part(2, replaced=("3 by eve, 2026-11-20T09:00:00Z",))),
        standing(person("Dee Wang", group="red"), team),
        standing(person("Ed Ito"), unwritten),
        standing(person("Flo Kim"), None, trouble="no repository at https://git.example/flo"),
        standing(person("Gus Roy"), broken, part(2)),
        standing(
            person("Hal " + HOSTILE[:60], id="hal"), evil, tampered=(HOSTILE, ".github/workflows/check.yml")
        ),
        standing(
            person("=cmd|' /C calc'!A0", id="-5", email="@sum"), result({"test_add_sums": Status.CRASHED})
        ),
    )

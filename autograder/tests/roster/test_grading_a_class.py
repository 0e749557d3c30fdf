"""The gradebook at work: what is skipped, what is graded again, and who changed the course's files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.core.result import Status
from autograder.judge.grading import grade_submission
from autograder.roster.engines import Done
from autograder.roster.job import Job, grade_job
from autograder.roster.released import released_files
from autograder.tests.judge.small_course import Course
from autograder.tests.roster.small_class import HALF, RIGHT, THREE, WRONG, Class, by_id, person, points


def hand_in(course: Course, **texts: str) -> list:
    """Plain folders with a repository's layout."""
    for name, text in texts.items():
        desk = Path("class", name, "work", "02_sums")
        course.write(f"{desk}/sums.py", text)
    return [person(name, str(course.root / "class" / name)) for name in texts]


@pytest.mark.slow
def test_a_rerun_grades_what_is_new_alone(course: Course, tmp_path: Path):
    room = Class(course, hand_in(course, ada=RIGHT, bob=HALF, eve=RIGHT), tmp_path / "out")
    first = room.grade()
    assert points(first) == {"ada": 10, "bob": 5, "eve": 10}
    assert (first.graded, first.number, first.new) == (2, 1, True), "equal submissions are graded once"
    again = room.grade()
    assert (again.graded, again.number, again.new, room.engine_runs) == (0, 1, False, 1)
    hand_in(course, bob=RIGHT)
    changed = room.grade()
    assert (changed.graded, changed.number) == (0, 2), "ada's entry serves bob"
    changes = json.loads((changed.place / "changes.json").read_text())
    assert [(each["id"], each["points"]) for each in changes["changed"]] == [("bob", [5, 10])]


@pytest.mark.slow
def test_a_changed_check_grades_everybody_again(course: Course, tmp_path: Path):
    room = Class(course, hand_in(course, ada=RIGHT, bob=HALF), tmp_path / "out")
    room.grade()
    stricter = THREE.replace('"", ""), "")', '"", ""), "x")')
    course.checks(stricter, {"test_adds": 2, "test_floats": 3, "test_empty": 5})
    again = room.grade()
    assert (again.graded, again.number) == (2, 2)
    assert points(again)["ada"] == 5


@pytest.mark.slow
def test_a_gpu_grades_everybody_again(course: Course, tmp_path: Path):
    """What ran on a GPU, or may run on one, is another entry of the gradebook."""
    room = Class(course, hand_in(course, ada=RIGHT), tmp_path / "out")
    jobs: list[Job] = []

    class Listening:
        def grade(self, given: list[Job]) -> Iterator[Done]:
            jobs.extend(Job.from_json(job.to_json()) for job in given)
            yield from (Done(job, grade_job(job)) for job in given)

    graded = [room.grade(engine=Listening(), gpu=gpu).graded for gpu in (False, True, True, False)]
    assert graded == [1, 1, 0, 0]
    assert [job.gpu for job in jobs] == [False, True]
    assert jobs[0].key != jobs[1].key


@pytest.mark.slow
def test_a_submission_keeps_its_seed_until_a_regrade_and_can_be_graded_again_by_hand(
    course: Course, tmp_path: Path
):
    room = Class(course, hand_in(course, ada=RIGHT), tmp_path / "out")

    def seed(**changes: Any) -> int:
        result = by_id(room.grade(**changes))["ada"].result
        assert result is not None
        return result.seed

    first = seed(seed=None)
    assert seed(seed=None) == first
    second = seed(seed=None, fresh=True)
    assert second != first
    assert seed(seed=None) == second
    assert seed(seed=11) == 11
    one = by_id(room.grade())["ada"]
    files = tmp_path / "out" / course.unit.slug / "entries" / one.key / "files"
    assert one.result is not None
    again = grade_submission(course.unit, files, seed=one.result.seed)
    assert (again.points, again.seed) == (one.result.points, one.result.seed)


class Failing:
    """An engine whose grader fails on the first try, as where a disk is full."""

    def __init__(self, how: str) -> None:
        self.how = how

    def grade(self, jobs: list[Job]) -> Iterator[Done]:
        for job in jobs:
            if self.how == "nothing":
                yield Done(job, None, "OSError: no space left")
                continue
            result = grade_job(job)
            test = result.tests[0].model_copy(update={"status": Status.INFRA_ERROR, "points": 0})
            task = result.tasks[0].model_copy(update={"tests": (test, *result.tests[1:])})
            yield Done(job, result.model_copy(update={"tasks": (task,)}))


@pytest.mark.slow
@pytest.mark.parametrize("how", ["nothing", "a test"])
def test_where_the_grader_failed_it_grades_again(course: Course, tmp_path: Path, how: str):
    room = Class(course, hand_in(course, ada=RIGHT), tmp_path / "out")
    failed = by_id(room.grade(engine=Failing(how)))["ada"]
    assert failed.trouble.startswith("the grader failed") if failed.result is None else failed.waits
    again = room.grade()
    assert (again.graded, points(again)) == (1, {"ada": 10})


@pytest.mark.slow
def test_who_changed_the_course_is_named_and_graded_the_same(course: Course, tmp_path: Path):
    """Threat 24: a workflow, a test and the grader itself, edited in a submission."""
    handed_out = tmp_path / "handed-out"
    files = {
        ".github/workflows/check.yml": "on: push\n",
        "autograder/checks/x.py": "a = 1\n",
        "README.md": "x\n",
    }
    for path, text in files.items():
        (handed_out / path).parent.mkdir(parents=True, exist_ok=True)
        (handed_out / path).write_text(text)
    people = hand_in(course, ada=WRONG, bob=WRONG, eve=RIGHT)
    for name in ("ada", "bob"):
        for path, text in files.items():
            course.write(f"class/{name}/{path}", text)
    course.write("class/ada/.github/workflows/check.yml", "on: push # and exit 0\n")
    (course.root / "class/ada/autograder/checks/x.py").unlink()
    course.write("class/ada/README.md", "my own words\n")
    course.write("class/ada/conftest.py", "raise SystemExit(0)\n")
    assert set(released_files(course.unit, handed_out)) == {
        ".github/workflows/check.yml",
        "autograder/checks/x.py",
    }
    who = by_id(Class(course, people, tmp_path / "out").grade(release=handed_out))
    assert who["ada"].tampered == (".github/workflows/check.yml", "autograder/checks/x.py")
    assert who["bob"].tampered == ()
    assert who["eve"].tampered == (), "who hands in the answers alone changed nothing"
    assert [who[name].points for name in ("ada", "bob", "eve")] == [0, 0, 10]


def test_every_outcome_has_a_place_in_the_canonical_grades(course: Course, tmp_path: Path):
    people = [
        *hand_in(course, ada=RIGHT, bob="import os\nos._exit(0)\n"),
        person("eve", "git://127.0.0.1:1/x.git"),
    ]
    (course.root / "class/zoe").mkdir()
    people.append(person("zoe", str(course.root / "class/zoe")))
    outcome = Class(course, people, tmp_path / "out").grade()
    grades = json.loads((outcome.place / "grades.json").read_text())
    found = {
        each["id"]: (each["points"], set(each["tests"].values()), bool(each["trouble"]))
        for each in grades["people"]
    }
    assert found == {
        "ada": (10, {"passed"}, False),
        "bob": (0, {"crashed"}, False),
        "eve": (0, set(), True),
        "zoe": (0, {"missing"}, False),
    }
    assert not {"started", "seconds", "made"} & set(json.dumps(grades).replace('"', " ").split())

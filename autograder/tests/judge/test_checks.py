"""Checks and their plugin: what the grader does with its own mistakes, and with tests that are not there."""

from __future__ import annotations

import os
import sys
from types import ModuleType

import pytest

from autograder.core.result import GradeResult, Status
from autograder.core.units import CourseError
from autograder.judge.grading import grade_submission
from autograder.tests.judge.small_course import ADD, CHECK, Course

MANY = (
    CHECK
    + """
def test_open(student):
    expect_equal(student.call("add", 1, 2), 3)

@pytest.mark.hidden
def test_secret(student):
    expect_equal(student.call("add", 2, 2), 4)
"""
)


def status_of(course: Course, body: str, sums: str = ADD) -> tuple[Status, str]:
    course.checks(
        CHECK + "def test_one(student, rng):\n" + "\n".join(f"    {line}" for line in body.splitlines())
    )
    result = course.grade(sums)
    assert result.points == (1 if result.tests[0].passed else 0)
    return result.tests[0].status, result.tests[0].feedback.message


def test_what_a_check_may_do(course: Course):
    assert status_of(course, "pytest.skip('not today')") == (Status.SKIPPED, "not today")
    assert status_of(course, "pytest.xfail('known')")[0] is not Status.PASSED
    assert status_of(course, "assert student.call('add', 1, 2) == 4")[0] is Status.FAILED
    assert status_of(course, "pytest.fail('no')") == (Status.FAILED, "no")
    status, message = status_of(course, "student.call('add', 1, 2).shape")
    assert status is Status.INFRA_ERROR
    assert "AttributeError" in message
    assert "test_sums.py" in message
    assert status_of(course, "pytest.exit('stop')")[0] is Status.INFRA_ERROR
    assert status_of(course, "raise SystemExit")[0] is Status.INFRA_ERROR
    assert status_of(course, "student.probe('anything')")[0] is Status.INFRA_ERROR


def test_raises(course: Course):
    body = "assert student.raises(ValueError, 'add', 1, 2) == 'bad 1'"
    assert status_of(course, body, "def add(a, b): raise ValueError(f'bad {a}')")[0] is Status.PASSED
    assert status_of(course, body, "def add(a, b): raise UnicodeError(f'bad {a}')")[0] is Status.PASSED
    assert status_of(course, body, "def add(a, b): raise KeyError(a)")[0] is Status.FAILED
    assert (
        status_of(course, body, "def add(a, b): return a")[1] == "expected ValueError, but the call returned"
    )
    assert status_of(course, body, "def add(a, b): raise NotImplementedError")[0] is Status.NOT_IMPLEMENTED
    own = "class ValueError(Exception): pass\ndef add(a, b): raise ValueError(f'bad {a}')"
    assert status_of(course, body, own)[0] is Status.FAILED


def test_call_keeping_shows_what_became_of_the_arguments(course: Course):
    body = (
        "a = np.ones(2)\nvalue, (after, _) = student.call_keeping('add', a, 1.0)\n"
        "expect_equal(after, np.ones(2))"
    )
    assert status_of(course, body)[0] is Status.PASSED
    status, message = status_of(course, body, "def add(a, b):\n  a += b\n  return a")
    assert status is Status.FAILED
    assert "first at [0]" in message


def test_the_harness_runs_beside_the_students_code(course: Course):
    course.write(
        "autograder/checks/02_sums/harness.py",
        "class Spy(list):\n  seen = ()\n  def __getitem__(self, i):\n    self.seen += (i,)\n"
        "    return super().__getitem__(i)\n"
        "def reads(n):\n  spy = Spy(range(n))\n  student_function('add')(spy, spy)\n  return spy.seen\n",
    )
    body = "expect_equal(student.probe('reads', 3), (2, 0))"
    assert status_of(course, body, "def add(a, b): return a[2] + b[0]")[0] is Status.PASSED
    assert status_of(course, body, "def add(a, b): return a[0] + b[2]")[0] is Status.FAILED


def test_a_check_that_is_not_there_is_the_graders_failure(course: Course):
    course.checks(points={"test_one": 1, "test_two": 4})
    result = course.grade()
    assert [test.status for test in result.tests] == [Status.PASSED, Status.INFRA_ERROR]
    assert (result.points, result.max_points) == (1, 5)
    assert result.needs_regrade


@pytest.mark.parametrize("text", ["import nothing_of_this_name\n", "def test_one(:\n", ""])
def test_checks_that_do_not_import_are_the_graders_failure(course: Course, text: str):
    course.checks(text)
    assert course.one().status is Status.INFRA_ERROR


def test_a_test_under_the_wrong_task_is_the_graders_failure(course: Course):
    course.checks("import pytest\n@pytest.mark.task('02.9')\ndef test_one(student): pass\n")
    assert course.one().status is Status.INFRA_ERROR


def test_a_check_without_points_is_noted(course: Course):
    course.checks(CHECK + "def test_one(student): pass\ndef test_extra(student): assert 0\n")
    result = course.grade()
    assert result.points == 1
    assert any("test_extra" in note for note in result.notes)


def test_a_worker_that_does_not_start_is_the_graders_failure(course: Course, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("autograder.judge.sandbox.plan.SandboxPlan.view", lambda *_: ["--no-such-option"])
    test = course.one()
    assert test.status is Status.INFRA_ERROR
    assert "no-such-option" in test.feedback.message


def test_every_case_counts(course: Course):
    course.checks(
        CHECK
        + "@pytest.mark.parametrize('n', [1, 2, 3])\ndef test_one(student, n):\n"
        + "    expect_equal(student.call('add', n, 0), n)\n"
    )
    assert course.grade().points == 1
    test = course.one("def add(a, b):\n  if a > 1: raise ValueError(a)\n  return a")
    assert test.status is Status.ERROR
    assert test.feedback.message == "[2]: ValueError: 2"


def test_hidden_checks_are_left_out_on_request(course: Course):
    course.checks(MANY, {"test_open": 1, "test_secret": 2})
    assert course.grade().points == 3
    result = course.grade(hidden=False)
    assert [test.status for test in result.tests] == [Status.PASSED, Status.SKIPPED]
    assert result.tests[1].hidden
    assert (result.points, result.max_points) == (1, 3)


def test_one_task_alone(course: Course):
    assert len(course.grade(tasks={"02.1"}).tasks) == 1
    with pytest.raises(CourseError):
        course.grade(tasks={"02.7"})


def test_each_test_is_reported_as_it_ends(course: Course):
    course.checks(MANY, {"test_open": 1, "test_secret": 2})
    seen = []
    result = course.grade(on_test=lambda test: seen.append((test.name, test.status)))
    assert seen == [(test.name, test.status) for test in result.tests]


def test_others_plugins_options_and_files_have_no_say(course: Course, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    for name in ("conftest.py", "pytest.ini", "tox.ini"):
        course.write(f"autograder/checks/02_sums/{name}", "raise SystemExit('conftest ran')")
        course.write(f"desks/ada/{name}", "raise SystemExit('conftest ran')")
    for name in (
        "results.json",
        "report.xml",
        ".pytest_cache/v/cache/lastfailed",
        "__pycache__/sums.cpython-311.pyc",
    ):
        course.write(f"desks/ada/{name}", '{"points": 100}')
    result = course.grade("def add(a, b): return a")
    assert result.points == 0
    assert result.tests[0].status is Status.FAILED
    assert os.environ["PYTEST_ADDOPTS"] == "--collect-only"


def test_an_edited_check_counts_the_next_time(course: Course):
    course.write("autograder/checks/02_sums/oracle.py", "WANT = 3\n")
    check = "def test_one(student):\n    expect_equal(student.call('add', 1, 2), WANT)\n"
    body = CHECK + "from oracle import WANT\n" + check
    course.checks(body)
    assert course.one().passed
    oracle = course.root / "autograder/checks/02_sums/oracle.py"
    before = oracle.stat()
    oracle.write_text("WANT = 4\n")
    os.utime(oracle, ns=(before.st_atime_ns, before.st_mtime_ns))  # the same size within the same second
    assert course.one().status is Status.FAILED


def test_results_survive_json(course: Course):
    result = course.grade("def add(a, b): return a", name="ada")
    assert GradeResult.from_json(result.to_json()) == result
    assert '"schema": "mlsys/result/v1"' in result.to_json()
    assert result.submission == "ada"
    assert result.tier == "bubblewrap"
    with pytest.raises(ValueError, match="points"):
        GradeResult.from_json(result.to_json().replace('"points": 0', '"points": "many"'))


def test_an_interrupt_of_the_judge_is_passed_on(course: Course):
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        course.grade(on_test=interrupt)


def test_a_broken_manifest_or_folder_is_a_plain_message(course: Course):
    with pytest.raises(CourseError):
        grade_submission(course.unit, course.root / "nobody")
    course.write("assignments/02_sums/assignment.toml", "schema = 2\n")
    with pytest.raises(CourseError):
        course.grade()


def test_a_module_of_the_same_name_steps_aside(course: Course, monkeypatch: pytest.MonkeyPatch):
    """As in one process that runs several units, or its own tests too."""
    others = {name: ModuleType(name) for name in ("test_sums", "oracle")}
    for name, module in others.items():
        monkeypatch.setitem(sys.modules, name, module)
    course.write("autograder/checks/02_sums/oracle.py", "RIGHT = 3\n")
    course.checks(
        CHECK + "from oracle import RIGHT\ndef test_one(student): "
        "expect_equal(student.call('add', 1, 2), RIGHT)\n"
    )
    assert course.grade(ADD).points == 1
    assert {name: sys.modules[name] for name in others} == others

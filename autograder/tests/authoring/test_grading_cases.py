"""Outcomes on the miniature course: they hold where the checks catch a mistake, and say where they do not."""

from __future__ import annotations

import pytest

from autograder.authoring import warm_grader
from autograder.authoring.cases import all_cases
from autograder.authoring.outcome import Outcome
from autograder.authoring.warm_grader import WarmGrader, grade_cases
from autograder.core.result import Status
from autograder.core.units import Unit
from autograder.judge.session.session import Session
from autograder.tests.needs import need_sandbox


@pytest.fixture(autouse=True)
def sandbox() -> None:
    need_sandbox()


def outcomes(unit: Unit, *names: str, workers: int = 1) -> dict[str, Outcome]:
    cases = [case for case in all_cases(unit) if not names or case.name in names]
    return {each.case.name: each for each in grade_cases(unit, cases, workers)}


def edit(unit: Unit, file: str, old: str, new: str) -> None:
    path = unit.checks / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_starter_gets_nothing_the_reference_everything_and_each_mistake_loses_its_test(unit: Unit):
    found = outcomes(unit)
    assert [each.difference for each in found.values()] == [""] * 5
    assert (found["starter"].points, found["reference"].points, found["reference"].max_points) == (0, 9, 9)
    assert (found["add_wrong_sign"].points, found["add_wrong_sign"].max_points) == (2, 5)
    assert found["add_wrong_sign"].lost == {"test_add_sums": Status.FAILED}


def test_one_sandbox_serves_all_submissions_without_mixing_them(unit: Unit, monkeypatch: pytest.MonkeyPatch):
    started = 0
    start = Session.start

    def counting(self: Session) -> None:
        nonlocal started
        started += self.process is None
        start(self)

    monkeypatch.setattr(Session, "start", counting)
    cases = {case.name: case for case in all_cases(unit)}
    order = ["reference", "add_wrong_sign", "reference", "scale_skips_zero", "add_in_place", "reference"]
    with WarmGrader(unit) as grader:
        assert [grader.grade(cases[name]).difference for name in order] == [""] * len(order)
        scratch = grader.scratch
    assert started == 1
    assert not scratch.exists()


def test_other_imports_need_another_sandbox(unit: Unit):
    text = unit.manifest.read_text()
    unit.manifest.write_text(text.replace('module = "fast.py"', 'module = "fast.py"\npreload = ["json"]', 1))
    cases = {case.name: case for case in all_cases(unit)}
    with WarmGrader(unit) as grader:
        assert grader.grade(cases["add_wrong_sign"]).holds
        first = grader.sessions
        assert grader.grade(cases["scale_skips_zero"]).holds
        assert grader.sessions is not first
        assert grader.sessions is not None
        assert grader.sessions.preload == ("numpy", "json")


def test_a_time_out_shortens_the_limits_of_its_own_submission(unit: Unit):
    unit.manifest.write_text(unit.manifest.read_text().replace("wall_seconds = 20", "wall_seconds = 2", 1))
    edit(unit, "wrong/add_in_place.py", "a[i] += b[i]", "while True:\n            pass")
    cases = {case.name: case for case in all_cases(unit)}
    with WarmGrader(unit) as grader:
        lost = grader.grade(cases["add_in_place"]).lost
        assert lost == {"test_add_sums": Status.TIMEOUT, "test_add_keeps_its_input": Status.TIMEOUT}
        assert grader.sessions is not None
        assert grader.sessions.patience.counts == {"01.1": 2}
        assert grader.grade(cases["add_wrong_sign"]).holds
        assert grader.sessions.patience.counts == {}


def test_several_processes_give_the_same_outcomes(unit: Unit, monkeypatch: pytest.MonkeyPatch):
    """One task measures time: its tests wait until no other test runs."""
    edit(unit, "test_tiny.py", "def test_scale", "@pytest.mark.alone\ndef test_scale")
    monkeypatch.setattr(warm_grader, "WORTH", 1)
    single, several = outcomes(unit), outcomes(unit, workers=2)
    assert single.keys() == several.keys()
    assert all(single[name].same_as(several[name]) for name in single)


def test_a_wrong_solution_that_loses_nothing_is_named(unit: Unit):
    edit(unit, "test_tiny.py", "[x + y for x, y in zip(a, b)], hint", "student.call('add', a, b), hint")
    found = outcomes(unit, "add_wrong_sign", "add_in_place")
    assert found["add_wrong_sign"].difference == "add_wrong_sign should lose test_add_sums"
    assert found["add_in_place"].holds


def test_a_wrong_solution_that_loses_more_is_named(unit: Unit):
    edit(unit, "wrong/add_in_place.py", "a[i] += b[i]", "a[i] -= b[i]")
    found = outcomes(unit, "add_in_place")
    assert found["add_in_place"].difference == "add_in_place should not lose test_add_sums (failed)"


def test_a_wrong_solution_that_does_not_even_run_proves_nothing(unit: Unit):
    path = unit.checks / "wrong" / "scale_skips_zero.py"
    path.write_text(path.read_text() + "    raise NotImplementedError\n")
    assert "proves nothing" in outcomes(unit, "scale_skips_zero")["scale_skips_zero"].difference


def test_a_failure_of_the_grader_is_told(unit: Unit):
    edit(unit, "test_tiny.py", "    got = student.probe(", "    got = 1 / 0 or student.probe(")
    told = outcomes(unit, "starter")["starter"].difference
    assert told.startswith(
        "starter meets a failure of the grader and is told: the check itself failed: ZeroDiv"
    )


def test_a_starter_that_earns_points_is_named(unit: Unit):
    path = unit.reference / "ops.py"
    path.write_text(
        path.read_text().replace("def add(a, b):", "def add(a, b):\n    return [1]\n\n\ndef unused(a, b):")
    )
    unit.manifest.write_text(
        unit.manifest.read_text().replace('module = "ops.py"', 'module = "ops.py"\nbodies = ["unused"]')
    )
    assert "should lose test_add_keeps_its_input" in outcomes(unit, "starter")["starter"].difference

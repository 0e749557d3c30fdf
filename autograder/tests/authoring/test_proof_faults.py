"""Faults of a proof: edited, missing and extra rows, rows that do not hold, and interruptions."""

from __future__ import annotations

import pytest

from autograder.authoring.cases import Case, all_cases
from autograder.authoring.outcome import Outcome
from autograder.authoring.proof import ProvedRow, proof_path, read_proof, recording, write_proof
from autograder.authoring.proof_state import Kind, proof_state
from autograder.authoring.prove import prove, verify
from autograder.core.result import Status
from autograder.core.units import CourseError, Unit
from autograder.tests.authoring.stand_in import NAMES, Grader, append, of_kind


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"points": 8, "of": 9', '"points": 9, "of": 9'),
        ('"test_add_sums": "failed"', '"test_add_sums": "timeout"'),
        ('"date": "20', '"date": "19'),
    ],
)
def test_a_row_that_was_edited_is_invalid_until_it_is_graded_again(
    unit: Unit, grader: Grader, old: str, new: str
):
    prove(unit)
    grader.taken()
    path = proof_path(unit)
    lines = path.read_text().splitlines(keepends=True)
    lines = [line.replace(old, new) if line.startswith('"add_wrong_sign"') else line for line in lines]
    path.write_text("".join(lines))
    (problem,), _ = verify(unit)
    assert problem.startswith("autograder/checks/01_tiny/proof.json: add_wrong_sign was edited by hand\n")
    assert "to fix: ./mlsys prove 01" in problem
    prove(unit, scope="changed")
    assert grader.taken() == {"add_wrong_sign"}
    assert verify(unit) == ([], [])


@pytest.mark.usefixtures("grader")
def test_a_row_moved_from_another_name_or_unit_was_edited(unit: Unit):
    prove(unit)
    rows = read_proof(unit)
    assert rows["add_in_place"].edited(unit, "add_wrong_sign")
    assert rows["add_in_place"].edited(Unit("02_tiny", unit.root), "add_in_place")


def test_a_row_that_does_not_hold_was_edited_even_with_a_right_digest(unit: Unit, grader: Grader):
    prove(unit)
    grader.taken()
    state, rows = proof_state(unit), read_proof(unit)
    row = next(row for row in state.rows if row.case.name == "add_wrong_sign")
    rows["add_wrong_sign"] = ProvedRow.of_outcome(unit, Outcome(row.case, 9, 9, {}), row.hashes)
    write_proof(unit, rows)
    (problem,), _ = verify(unit)
    assert "add_wrong_sign was edited by hand" in problem
    prove(unit, scope="changed")
    assert grader.taken() == {"add_wrong_sign"}
    assert verify(unit) == ([], [])


def test_a_new_submission_has_no_proof_and_a_row_of_an_old_one_is_too_many(unit: Unit, grader: Grader):
    prove(unit)
    grader.taken()
    path = unit.checks / "wrong" / "add_in_place.py"
    path.rename(path.with_name("add_to_argument.py"))
    problems, _ = verify(unit)
    assert [problem.partition(": ")[2].partition("\n")[0] for problem in problems] == [
        "add_to_argument has no proof",
        "add_in_place is a row without a submission",
    ]
    assert all("to fix: ./mlsys prove 01" in problem for problem in problems)
    assert grader.taken() == set()
    prove(unit)
    assert grader.taken() == {"add_to_argument"}
    assert verify(unit) == ([], [])


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"schema": "mlsys/proof/v0", "unit": "01_tiny", "rows": {}}']
)
def test_a_file_that_is_no_proof_is_refused_and_replaced(unit: Unit, grader: Grader, text: str):
    proof_path(unit).write_text(text)
    with pytest.raises(
        CourseError, match=r"checks/01_tiny/proof\.json: expected .*\n.*to fix: .*\./mlsys prove 01"
    ):
        verify(unit)
    prove(unit)
    assert grader.taken() == NAMES
    assert verify(unit) == ([], [])


def test_what_does_not_hold_leaves_the_proof_and_is_told(unit: Unit, grader: Grader):
    prove(unit)
    grader.other["add_wrong_sign"] = {}
    report = prove(unit, scope="all")
    assert report.failures == ["add_wrong_sign should lose test_add_sums (seed 5)"]
    assert of_kind(unit, Kind.MISSING) == {"add_wrong_sign"}
    problems, _ = verify(unit, everything=True)
    assert "01_tiny: add_wrong_sign should lose test_add_sums (seed 5)" in problems


def test_a_change_that_gives_other_points_has_to_be_recorded(unit: Unit, grader: Grader):
    prove(unit)
    append(unit.checks / "wrong" / "add_wrong_sign.py")
    grader.total = 10
    (problem,), _ = verify(unit)
    assert problem.startswith("01_tiny: add_wrong_sign gets 9 of 10, and the proof says 8 of 9\n")
    assert "to fix: ./mlsys prove --changed 01" in problem
    prove(unit, scope="changed")
    assert verify(unit) == ([], [])


def test_a_change_after_which_a_row_no_longer_holds_is_a_problem(unit: Unit, grader: Grader):
    prove(unit)
    append(unit.checks / "wrong" / "add_wrong_sign.py")
    grader.other["add_wrong_sign"] = {"test_add_sums": Status.FAILED, "test_other": Status.FAILED}
    problems, _ = verify(unit)
    assert problems == ["01_tiny: add_wrong_sign should not lose test_other (failed) (seed 5)"]


def test_a_row_whose_files_change_while_it_is_graded_is_not_kept(unit: Unit, grader: Grader):
    def edit(case: Case) -> None:
        if case.name == "scale_skips_zero":
            append(unit.checks / "test_scale.py")

    grader.before = edit
    (failure,) = prove(unit).failures
    assert failure.startswith("scale_skips_zero: its files changed while it was graded")
    assert of_kind(unit, Kind.MISSING) == {"scale_skips_zero"}
    assert of_kind(unit, Kind.CHANGED) == {"starter", "reference"}


@pytest.mark.usefixtures("grader")
def test_two_at_once_do_not_write_the_same_proof(unit: Unit):
    with (
        recording(unit),
        pytest.raises(CourseError, match=r"another \./mlsys prove is writing the proof of 01_tiny"),
    ):
        prove(unit)
    assert prove(unit).failures == []


def test_what_was_proved_before_an_interruption_is_kept(unit: Unit, grader: Grader):
    def interrupt(_: Case) -> None:
        if len(grader.graded) == 3:
            raise KeyboardInterrupt

    grader.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        prove(unit)
    first = grader.taken()
    assert set(read_proof(unit)) == first
    grader.before = lambda _: None
    prove(unit)
    assert grader.taken() == NAMES - first
    assert {case.name for case in all_cases(unit)} == set(read_proof(unit))

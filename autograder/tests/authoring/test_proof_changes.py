"""Changes since a proof: which rows become old, and which rows are graded again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.authoring.proof import proof_path
from autograder.authoring.proof_state import Kind, drawn_sample, proof_state
from autograder.authoring.prove import prove, verify
from autograder.core.units import Unit
from autograder.tests.authoring.stand_in import ADD, NAMES, SCALE, Grader, append, of_kind


def test_what_is_proved_is_not_graded_again(unit: Unit, grader: Grader):
    assert prove(unit).failures == []
    assert grader.taken() == NAMES
    text = proof_path(unit).read_text()
    assert prove(unit).graded == []
    assert verify(unit) == ([], [])
    assert grader.taken() == set()
    assert proof_path(unit).read_text() == text
    assert prove(unit, scope="all").failures == []
    assert grader.taken() == NAMES


@pytest.mark.usefixtures("grader")
def test_the_file_has_one_sorted_line_a_row_and_nothing_of_this_machine(unit: Unit):
    prove(unit)
    text = proof_path(unit).read_text()
    names = [line.partition('"')[2].partition('"')[0] for line in text.splitlines()[4:-2]]
    assert names == sorted(NAMES)
    assert str(unit.root) not in text
    row = json.loads(text)["rows"]["add_wrong_sign"]
    assert (row["points"], row["of"], row["lost"]) == (8, 9, {"test_add_sums": "failed"})
    assert set(row["hashes"]) == {"checks", "manifest", "solution", "wrong", "shared", "judge"}


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("autograder/checks/01_tiny/wrong/add_in_place.py", {"add_in_place"}),
        ("autograder/checks/01_tiny/test_scale.py", {"starter", "reference", *SCALE}),
        ("autograder/checks/01_tiny/test_tiny.py", {"starter", "reference", *ADD}),
        ("autograder/checks/01_tiny/harness.py", NAMES),
        ("reference/tiny/ops.py", NAMES),
    ],
)
def test_a_change_inside_the_unit_is_graded_again_where_it_counts(
    unit: Unit, grader: Grader, file: str, changed: set[str]
):
    prove(unit)
    grader.taken()
    append(unit.root / file)
    assert of_kind(unit, Kind.CHANGED) == changed
    problems, (note,) = verify(unit)
    assert problems == []
    assert "./mlsys prove --changed 01" in note
    assert grader.taken() == changed
    prove(unit, scope="changed")
    assert grader.taken() == changed
    assert of_kind(unit, Kind.CURRENT) == NAMES


@pytest.mark.usefixtures("grader")
def test_a_new_helper_and_a_new_folder_beside_the_checks_count(unit: Unit):
    prove(unit)
    (unit.checks / "data").mkdir()
    (unit.checks / "data" / "table.json").write_text("{}\n")
    assert of_kind(unit, Kind.CHANGED) == NAMES


@pytest.mark.usefixtures("grader")
@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ('title = "Add two lists"', 'title = "Sum two lists"', set()),
        ("wall_seconds = 20", "wall_seconds = 21", NAMES),
        (
            "test_add_sums = 3\ntest_add_keeps_its_input = 2",
            "test_add_sums = 2\ntest_add_keeps_its_input = 3",
            None,
        ),
    ],
    ids=["a title", "a limit of the unit", "points of one task"],
)
def test_of_the_manifest_what_decides_counts(unit: Unit, old: str, new: str, changed: set[str] | None):
    prove(unit)
    text = unit.manifest.read_text()
    assert old in text
    unit.manifest.write_text(text.replace(old, new, 1))
    assert of_kind(unit, Kind.CHANGED) == ({"starter", "reference", *ADD} if changed is None else changed)


@pytest.mark.parametrize(
    "place", ["judge/code.py", "core/code.py", "release/code.py", "reference/shared", "pins"]
)
def test_where_only_other_code_changed_a_sample_is_graded_and_the_proof_stays(
    unit: Unit, grader: Grader, judge: Path, place: str
):
    prove(unit)
    grader.taken()
    kept = proof_path(unit).read_bytes()
    if place == "reference/shared":
        append(unit.root / "reference/shared/timing/stopwatch.py")
    else:
        append(unit.root / "constraints.txt" if place == "pins" else judge / place)
    assert of_kind(unit, Kind.OUTSIDE) == NAMES
    problems, (note,) = verify(unit)
    assert problems == []
    assert "graded a sample: 4 rows of 5" in note
    assert ("shared code" if place == "reference/shared" else "the judge") in note
    sample = grader.taken()
    assert {"starter", "reference", *SCALE} < sample
    assert len(sample & ADD) == 1
    verify(unit)
    assert grader.taken() == sample, "the same code draws the same sample"
    assert proof_path(unit).read_bytes() == kept
    assert prove(unit, scope="changed").graded == []
    prove(unit)
    assert grader.taken() == NAMES
    assert of_kind(unit, Kind.CURRENT) == NAMES


@pytest.mark.usefixtures("grader")
def test_other_code_draws_another_sample(unit: Unit, judge: Path):
    drawn = set()
    for number in range(20):
        (judge / "judge/code.py").write_text(f"x = {number}\n")
        first, second = (
            {row.case.name for row in drawn_sample(proof_state(unit), draw)} & ADD for draw in (0, 1)
        )
        assert len(first) == len(second) == 1
        assert first != second, "the second draw takes the other one"
        drawn |= first
    assert drawn == ADD


def test_the_sample_of_prove_is_graded_and_not_kept(unit: Unit, grader: Grader):
    prove(unit)
    grader.taken()
    kept = proof_path(unit).read_bytes()
    grader.other["scale_skips_zero"] = {}
    report = prove(unit, scope="changed", sample=True)
    assert len(grader.taken()) == 4
    assert report.failures == ["scale_skips_zero should lose test_scale_hidden_zeros (seed 5)"]
    assert proof_path(unit).read_bytes() == kept


def test_without_recording_nothing_is_written(unit: Unit, grader: Grader):
    assert prove(unit, record=False).failures == []
    assert grader.taken() == NAMES
    assert not proof_path(unit).exists()

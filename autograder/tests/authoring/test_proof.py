"""A kept proof, on the miniature course: what makes it old, what makes it invalid, and what is graded again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.authoring import prove as module
from autograder.authoring.cases import Case, all_cases
from autograder.authoring.outcome import Outcome
from autograder.authoring.proof import proof_path, read_proof, recording
from autograder.authoring.proof_state import Kind, drawn_sample, proof_state
from autograder.authoring.prove import prove, verify
from autograder.core.result import Status
from autograder.core.units import CourseError, Unit
from autograder.judge import provenance

NAMES = {"starter", "reference", "add_in_place", "add_wrong_sign", "scale_skips_zero"}
ADD, SCALE = {"add_in_place", "add_wrong_sign"}, {"scale_skips_zero"}


class Grader:
    """Stands in for the judge: each case loses what it must lose, but for what `other` says."""

    def __init__(self, unit: Unit) -> None:
        self.unit, self.graded, self.other, self.total = unit, [], {}, 9
        self.before: Callable[[Case], None] = lambda _: None

    def __call__(self, unit: Unit, cases: list[Case], workers: int | None = None):
        assert (unit, workers) == (self.unit, None)
        for case in cases:
            self.before(case)
            self.graded.append(case.name)
            lost = self.other.get(case.name, dict.fromkeys(case.expected, Status.FAILED))
            yield Outcome(case, self.total - len(lost), self.total, lost, seed=5)

    def taken(self) -> set[str]:
        """The names graded since the last look."""
        names, self.graded = set(self.graded), []
        return names


@pytest.fixture
def grader(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> Grader:
    """Two tasks, each with the tests of its own file; no sandbox."""
    text = (unit.checks / "test_tiny.py").read_text()
    head, middle, tail = text.partition('@pytest.mark.task("01.2")\ndef test_scale_multiplies')
    imports = head.partition("def numbers")[0]
    (unit.checks / "test_tiny.py").write_text(head)
    (unit.checks / "test_scale.py").write_text(imports + middle + tail)
    made = Grader(unit)
    monkeypatch.setattr(module, "grade_cases", made)
    return made


@pytest.fixture
def judge(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The judge's code, in a place where a test may edit it."""
    for folder in ("core", "judge", "release"):
        path = unit.root / "autograder" / folder / "code.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    monkeypatch.setattr(provenance, "AUTOGRADER", unit.root / "autograder")
    return unit.root / "autograder"


def append(path: Path, text: str = "\n# another line\n") -> None:
    path.write_text(path.read_text() + text)


def kinds(unit: Unit) -> dict[str, Kind]:
    return {row.case.name: row.kind for row in proof_state(unit).rows}


def of_kind(unit: Unit, kind: Kind) -> set[str]:
    return {name for name, each in kinds(unit).items() if each is kind}


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

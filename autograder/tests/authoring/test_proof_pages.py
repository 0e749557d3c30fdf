"""What readers see of a proof: a page beside the checks, a line in the README, and nothing in a student's tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.cases import all_cases
from autograder.authoring.causes import Hasher
from autograder.authoring.outcome import Outcome
from autograder.authoring.proof import ProvedRow, proof_path, read_proof, write_proof
from autograder.authoring.proof_pages import page_path, page_problems, with_proofs, write_pages
from autograder.core.manifest import unit_manifest
from autograder.core.result import Status
from autograder.core.units import CourseError, Unit
from autograder.release.student_tree import student_tree

README = "# Course\n\n<!-- proofs:begin -->\nold\n<!-- proofs:end -->\n\nThe end.\n"


@pytest.fixture
def proved(unit: Unit) -> Unit:
    """The miniature unit with a proof, as if it had been graded, and a README."""
    manifest = unit_manifest(unit)
    hasher = Hasher(unit, manifest)
    rows = {}
    for case in all_cases(unit, manifest):
        total = sum(manifest.checks[name][1] for name in case.tests(manifest))
        points = total - sum(manifest.checks[name][1] for name in case.expected)
        outcome = Outcome(case, points, total, dict.fromkeys(case.expected, Status.FAILED))
        rows[case.name] = ProvedRow.of_outcome(unit, outcome, hasher.hashes(case))
    write_proof(unit, rows)
    (unit.root / "README.md").write_text(README)
    return unit


def test_the_page_has_a_line_a_submission(proved: Unit):
    assert write_pages(proved) == ["autograder/checks/01_tiny/README.md", "README.md"]
    page = page_path(proved).read_text()
    assert page.startswith("# 01_tiny: what the checks catch\n")
    assert page.endswith(
        "|---|---|---|---|\n"
        "| starter | 0 of 9 | every check | nothing is written yet |\n"
        "| reference | 9 of 9 | nothing |  |\n"
        "| add_in_place | 3 of 5 | `test_add_keeps_its_input` | writes the sums to its argument |\n"
        "| add_wrong_sign | 2 of 5 | `test_add_sums` | subtracts where it should add |\n"
        '| scale_skips_zero | 1 of 4 | `test_scale_hidden_zeros` | takes a factor of zero for "not given" |\n'
    )
    assert write_pages(proved) == []
    assert page_problems(proved) == []


def test_the_readme_has_a_line_a_unit(proved: Unit):
    write_pages(proved)
    text = (proved.root / "README.md").read_text()
    assert text == (
        "# Course\n\n<!-- proofs:begin -->\n"
        "| unit | tasks | checks | hidden points | wrong solutions | all caught | mutants noticed |\n"
        "|---|---|---|---|---|---|---|\n"
        "| [01_tiny](autograder/checks/01_tiny/README.md) | 2 | 4 | 3 of 9 | 3 | yes | not measured |\n"
        "<!-- proofs:end -->\n\nThe end.\n"
    )


def test_what_is_not_proved_is_not_claimed(proved: Unit):
    rows = read_proof(proved)
    del rows["add_in_place"]
    write_proof(proved, rows)
    write_pages(proved)
    assert "| add_in_place | not proved | | writes the sums" in page_path(proved).read_text()
    assert "| 3 | 4 of 5 rows proved |" in (proved.root / "README.md").read_text()


@pytest.mark.parametrize("name", ["autograder/checks/01_tiny/README.md", "README.md"])
def test_a_page_that_drifted_is_named(proved: Unit, name: str):
    write_pages(proved)
    path = proved.root / name
    path.write_text(path.read_text().replace("9", "8"))
    (problem,) = page_problems(proved)
    assert problem.startswith(f"{name}: expected ")
    assert "to fix: ./mlsys prove 01" in problem


@pytest.mark.parametrize("mark", ["<!-- proofs:begin -->", "<!-- proofs:end -->"])
def test_a_readme_without_the_marks_is_refused(proved: Unit, mark: str):
    with pytest.raises(CourseError, match=r"README\.md: expected the marks"):
        with_proofs(README.replace(mark, ""), proved.root)


def test_no_proof_reaches_a_student(proved: Unit, tmp_path: Path):
    write_pages(proved)
    hashes = {
        value
        for row in read_proof(proved).values()
        for value in (row.digest, *row.hashes.model_dump().values())
    }
    to = tmp_path / "week"
    student_tree(proved, to)
    files = [path for path in to.rglob("*") if path.is_file()]
    assert [path for path in files if path.name == proof_path(proved).name] == []
    assert [path.relative_to(to).as_posix() for path in files if "checks" in path.parts] == [
        f"autograder/checks/01_tiny/{name}" for name in ("harness.py", "test_tiny.py")
    ]
    text = "\n".join(path.read_text() for path in files)
    assert not [value for value in hashes - {""} if value in text]
    assert "add_wrong_sign" not in text

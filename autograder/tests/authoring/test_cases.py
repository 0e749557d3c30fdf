"""The submissions of a proof: the headers of wrong solutions, the files, and the tests that each one runs."""

from __future__ import annotations

import pytest

from autograder.authoring.cases import all_cases, read_wrong
from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError, Unit
from autograder.release.starters import solved_files, starter_files


def test_the_starter_and_the_reference_come_first(unit: Unit):
    cases = all_cases(unit)
    names = ["starter", "reference", "add_in_place", "add_wrong_sign", "scale_skips_zero"]
    assert [case.name for case in cases] == names
    manifest = unit_manifest(unit)
    assert cases[0].expected == set(manifest.checks)
    assert cases[1].expected == set()
    assert cases[4].expected == {"test_scale_hidden_zeros"}
    assert cases[4].tests(manifest) == ["test_scale_multiplies", "test_scale_hidden_zeros"]


def test_a_wrong_solution_is_the_reference_with_one_function_replaced(unit: Unit):
    starter, solved = starter_files(unit), solved_files(unit)
    cases = {case.name: case for case in all_cases(unit)}
    files = cases["scale_skips_zero"].files(starter, solved)
    assert files["fast.py"].startswith(solved["fast.py"].rstrip() + b"\n\n\ndef _scale(")
    assert files | {"fast.py": b""} == solved | {"fast.py": b""}
    assert cases["starter"].files(starter, solved) == starter
    assert cases["reference"].files(starter, solved) == solved


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# loses: test_add_sums\n", "", r"wrong/add_wrong_sign.py: expected the lines `# loses"),
        ("test_add_sums", "test_gone", r"wrong/add_wrong_sign.py:1: expected a check of the manifest"),
        ("ops.py", "opz.py", r"wrong/add_wrong_sign.py:2: expected one of ops.py, fast.py"),
    ],
)
def test_a_header_that_does_not_fit(unit: Unit, old: str, new: str, message: str):
    path = unit.checks / "wrong" / "add_wrong_sign.py"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(CourseError, match=message):
        read_wrong(unit, unit_manifest(unit))


def test_a_fault_that_every_check_reports_names_them_all(unit: Unit):
    path = unit.checks / "wrong" / "scale_skips_zero.py"
    both = "# loses: test_scale_multiplies, test_scale_hidden_zeros\n"
    path.write_text(path.read_text().replace("# loses: test_scale_hidden_zeros\n", both))
    case = next(case for case in all_cases(unit) if case.name == "scale_skips_zero")
    assert case.expected == {"test_scale_multiplies", "test_scale_hidden_zeros"}
    path.write_text(path.read_text().replace("test_scale_multiplies", "test_add_sums"))
    with pytest.raises(CourseError, match=r"scale_skips_zero.py:1: expected checks of one task"):
        all_cases(unit)


@pytest.mark.parametrize("name", ["starter", "reference"])
def test_a_wrong_solution_cannot_take_the_name_of_another_row(unit: Unit, name: str):
    path = unit.checks / "wrong" / "add_wrong_sign.py"
    path.rename(path.with_name(f"{name}.py"))
    with pytest.raises(CourseError, match=f"wrong/{name}.py: expected another name"):
        all_cases(unit)

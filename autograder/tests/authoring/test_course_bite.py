"""The bite table, on the miniature course: it holds where the checks bite, and says where they do not."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from autograder.authoring.bite import bite_table, read_wrong, tasks_alone
from autograder.authoring.bite_report import markdown, publish, terminal_table
from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError, Unit
from autograder.tests.needs import need_sandbox


def test_the_table_holds_and_is_printed(unit: Unit):
    need_sandbox()
    rows = {row.submission: row for row in bite_table(unit)}
    assert [row.difference for row in rows.values()] == [""] * 5
    assert (rows["starter"].points, rows["reference"].points, rows["reference"].max_points) == (0, 9, 9)
    table = markdown(rows.values())
    assert "| starter | 0 of 9 | every check |" in table
    assert "| add_wrong_sign | 2 of 5 | `test_add_sums` | subtracts where it should add |" in table


def test_several_at_once_give_the_same_rows_in_the_same_order(unit: Unit):
    """One task measures time: what runs its tests has the machine to itself, and the rest is graded by others."""
    need_sandbox()
    path = unit.checks / "test_tiny.py"
    text = path.read_text().replace("def test_scale", "@pytest.mark.alone\ndef test_scale", 1)
    path.write_text(text if "import pytest" in text else "import pytest\n" + text)
    assert tasks_alone(unit, unit_manifest(unit)) == {"01.2"}
    single, several = list(bite_table(unit, workers=1)), list(bite_table(unit, workers=2))
    assert single == several
    assert [row.submission for row in several][:2] == ["starter", "reference"]
    assert all(row.holds for row in several)


def test_cores_count_as_measuring(unit: Unit):
    assert tasks_alone(unit, unit_manifest(unit)) == frozenset()
    unit.manifest.write_text(unit.manifest.read_text().replace("[limits]", "[limits]\ncores = 2", 1))
    assert tasks_alone(unit, unit_manifest(unit)) == {"01.1", "01.2"}


def test_a_check_that_does_not_bite_is_named(unit: Unit):
    need_sandbox()
    path = unit.checks / "test_tiny.py"
    path.write_text(
        path.read_text().replace("[x + y for x, y in zip(a, b)], hint", "student.call('add', a, b), hint")
    )
    rows = {row.submission: row for row in bite_table(unit)}
    assert rows["add_wrong_sign"].difference == "add_wrong_sign should lose test_add_sums"
    out = io.StringIO()
    Console(file=out, width=100).print(terminal_table(rows.values()))
    assert "add_wrong_sign should lose test_add_sums" in out.getvalue()
    assert not rows["add_wrong_sign"].holds
    assert rows["add_in_place"].holds


def test_a_wrong_solution_that_loses_more_is_named(unit: Unit):
    need_sandbox()
    path = unit.checks / "wrong" / "add_in_place.py"
    path.write_text(path.read_text().replace("a[i] += b[i]", "a[i] -= b[i]"))
    rows = {row.submission: row for row in bite_table(unit)}
    assert rows["add_in_place"].difference == "add_in_place should not lose test_add_sums (failed)"


def test_a_wrong_solution_that_does_not_even_run_proves_nothing(unit: Unit):
    need_sandbox()
    path = unit.checks / "wrong" / "scale_skips_zero.py"
    path.write_text(path.read_text() + "    raise NotImplementedError\n")
    rows = {row.submission: row for row in bite_table(unit)}
    assert "proves nothing" in rows["scale_skips_zero"].difference


def test_a_starter_that_earns_points_is_named(unit: Unit):
    need_sandbox()
    path = unit.reference / "ops.py"
    path.write_text(
        path.read_text().replace("def add(a, b):", "def add(a, b):\n    return [1]\n\n\ndef unused(a, b):")
    )
    unit.manifest.write_text(
        unit.manifest.read_text().replace('module = "ops.py"', 'module = "ops.py"\nbodies = ["unused"]')
    )
    rows = {row.submission: row for row in bite_table(unit)}
    assert "should lose test_add_keeps_its_input" in rows["starter"].difference


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


def test_publishing_replaces_what_stands_between_the_marks():
    text = "a\n<!-- bite:begin -->\nold\n<!-- bite:end -->\nb\n"
    new = publish(text, "| t |\n")
    assert new == "a\n<!-- bite:begin -->\n| t |\n<!-- bite:end -->\nb\n"
    assert publish(new, "| t |\n") == new
    with pytest.raises(CourseError, match="expected the marks"):
        publish("a\n", "| t |\n")

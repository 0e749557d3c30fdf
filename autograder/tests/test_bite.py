"""The grader bites: for every unit of this course, shown as a table (run with -s to see it pass, too)."""

from __future__ import annotations

import pytest

from autograder.authoring.bite import bite_table, read_wrong
from autograder.authoring.bite_report import markdown, section
from autograder.core.manifest import unit_manifest
from autograder.core.units import Unit, course_root, find_units
from autograder.tests.needs import need_sandbox

UNITS = [unit for unit in find_units() if unit.manifest.exists()]


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)
def test_starter_reference_and_wrong_solutions(unit: Unit, capsys: pytest.CaptureFixture[str]):
    need_sandbox()
    rows = list(bite_table(unit))
    with capsys.disabled():
        print(f"\n{unit.slug}: the grader bites\n\n{markdown(rows)}")
    assert [row.difference for row in rows if not row.holds] == []
    published = (course_root() / "README.md").read_text(encoding="utf-8")
    mend = "the README's table is out of date; to mend: python -m autograder.authoring.bite_report --readme"
    assert section(unit, rows) in published, mend


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)
def test_every_task_has_two_wrong_solutions(unit: Unit):
    manifest = unit_manifest(unit)
    wrong = read_wrong(unit, manifest)
    for task in manifest.tasks:
        mine = [each.name for each in wrong if each.loses in task.checks]
        assert len(mine) >= 2, f"{task.id} {task.function} has {mine}"

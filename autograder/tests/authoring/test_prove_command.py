"""`./mlsys prove` in a copy of the course whose only unit is the miniature one."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.core.units import Unit
from autograder.tests.mini import make_course_with_tools
from autograder.tests.needs import need_sandbox
from autograder.tests.tree import mlsys

pytestmark = pytest.mark.slow


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    need_sandbox()
    return Unit("01_tiny", make_course_with_tools(tmp_path))


def test_the_command_proves_tells_and_fails_where_a_row_does_not_hold(unit: Unit):
    done = mlsys(unit.root, "prove", "01")
    assert (done.returncode, done.stdout) == (0, "01_tiny: graded 5 of 5 rows: all hold\n"), done.stderr
    assert (unit.checks / "proof.json").is_file()
    assert "| add_wrong_sign | 2 of 5 | `test_add_sums` |" in (unit.checks / "README.md").read_text()
    assert (
        "| 2 | 4 | 3 of 9 | 3 | yes | not measured |\n<!-- proofs:end -->"
        in (unit.root / "README.md").read_text()
    )
    done = mlsys(unit.root, "prove")
    assert (done.returncode, done.stdout) == (0, "01_tiny: nothing to grade\n"), done.stderr

    wrong = unit.checks / "wrong" / "add_in_place.py"
    wrong.write_text(wrong.read_text().replace("a[i] += b[i]", "a[i] -= b[i]"))
    before = (unit.checks / "proof.json").read_bytes()
    done = mlsys(unit.root, "prove", "--changed", "--sample", "--no-record")
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("01_tiny: graded ")
    assert lines[1].startswith("  does not hold: add_in_place should not lose test_add_sums (failed) (seed ")
    assert (unit.checks / "proof.json").read_bytes() == before
    done = mlsys(unit.root, "prove", "01")
    assert done.returncode == 1
    assert "| add_in_place | not proved |" in (unit.checks / "README.md").read_text()


def test_two_scopes_at_once_are_refused(unit: Unit):
    done = mlsys(unit.root, "prove", "--changed", "--all")
    assert done.returncode == 2
    assert "--changed and --all exclude each other" in done.stderr

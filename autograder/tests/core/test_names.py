"""What a person types for a unit or for tasks."""

from __future__ import annotations

import shutil

import pytest

from autograder.core.selection import find_asked, one_task
from autograder.core.units import CourseError, Unit
from autograder.release.desk import ensure_desk
from autograder.release.starters import write_starters


@pytest.fixture
def second(unit: Unit) -> Unit:
    """Unit 02_later: the same tasks under other numbers, and one other name."""
    later = Unit("02_later", unit.root)
    shutil.copytree(unit.assignment, later.assignment)
    shutil.copytree(unit.reference, later.reference, dirs_exist_ok=True)
    text = unit.manifest.read_text().replace("01_tiny", "02_later").replace('"01.', '"02.')
    later.manifest.write_text(text.replace('"scale"', '"_scale"').replace('bodies = ["_scale"]\n', ""))
    write_starters(later)
    return later


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("01", None),
        ("1", None),
        ("tiny", None),
        ("01_tiny", None),
        ("work/01_tiny/", None),
        ("01.2", {"01.2"}),
        ("01.02", {"01.2"}),
        ("tiny.1", {"01.1"}),
        ("01.scale", {"01.2"}),
        ("scale", {"01.2"}),
        ("_scale", {"01.2"}),
        ("fast.py", {"01.2"}),
        ("fast", {"01.2"}),
        ("work/01_tiny/ops.py", {"01.1"}),
        (" ops.py ", {"01.1"}),
    ],
)
def test_a_name_finds_its_tasks(unit: Unit, wanted: str, ids: set[str] | None):
    asked = find_asked(wanted, unit.root)
    assert (asked.unit, asked.ids) == (unit, ids)


def test_a_file_finds_all_of_its_tasks(unit: Unit):
    text = unit.manifest.read_text().replace('module = "fast.py"', 'module = "ops.py"')
    unit.manifest.write_text(text.replace('modules = ["ops.py", "fast.py"]', 'modules = ["ops.py"]'))
    asked = find_asked("ops.py", unit.root)
    assert (asked.ids, asked.name) == ({"01.1", "01.2"}, "01.1, 01.2")
    with pytest.raises(CourseError, match=r"several tasks\n  expected: one of 01.1, 01.2"):
        one_task("ops.py", unit.root)
    assert one_task("scale", unit.root)[2].id == "01.2"


@pytest.mark.parametrize("wanted", ["nothing", "nothing.py", "work/01_tiny/nothing.py", "tiny.py"])
def test_an_unknown_name_lists_what_there_is(unit: Unit, wanted: str):
    with pytest.raises(CourseError, match=r"unknown name .*\n  expected: a unit \(.*01_tiny"):
        find_asked(wanted, unit.root)


def test_a_name_of_two_units_is_that_on_the_desk(unit: Unit, second: Unit):
    with pytest.raises(CourseError, match=r"one of 01.1, 02.1"):
        find_asked("add", unit.root)
    assert find_asked("add", unit.root, here="02_later").unit == second
    ensure_desk(second)
    assert find_asked("add", unit.root).unit == second
    assert find_asked("add", unit.root, here="01_tiny").unit == unit
    assert find_asked("work/01_tiny/ops.py", unit.root).unit == unit


def test_no_name_is_the_only_desk(unit: Unit, second: Unit):
    with pytest.raises(CourseError, match="you have no files in work/ yet"):
        find_asked("", unit.root)
    ensure_desk(unit)
    assert find_asked("", unit.root).unit == unit
    ensure_desk(second)
    with pytest.raises(CourseError, match=r"you have files of several units: 01_tiny, 02_later"):
        find_asked("", unit.root)
    assert find_asked("", unit.root, here="02_later").unit == second


def test_a_reset_needs_a_task(unit: Unit):
    with pytest.raises(CourseError, match=r"01 is a unit, not a task\n  expected: a task, like 01.1"):
        one_task("01", unit.root)

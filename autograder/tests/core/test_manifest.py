"""A manifest is read, or every wrong field of it is named with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.core.manifest import ManifestError, load_manifest, parse_manifest, unit_manifest, wrong_fields
from autograder.core.manifest_rules import broken_rules
from autograder.core.toml_lines import TomlLines
from autograder.core.units import CourseError, Unit, find_units
from autograder.tests.mini import MANIFEST


def problems(text: str) -> str:
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text, "x.toml", folder="01_tiny")
    return str(caught.value)


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_good_manifest():
    manifest = parse_manifest(MANIFEST, "x.toml", folder="01_tiny")
    assert manifest.points == 9
    assert [task.id for task in manifest.tasks] == ["01.1", "01.2"]
    assert manifest.task("01.2").asked == ("_scale",)
    assert manifest.task("add").asked == ("add",)
    assert manifest.checks["test_add_sums"] == (manifest.task("01.1"), 3)
    assert manifest.limits.wall_seconds == 20
    assert manifest.limits.memory_mb == 4096
    assert (manifest.manual_points, manifest.total_points) == (3, 12)
    assert manifest.manual[0].criteria[1] == "compares a figure with its prediction"


def test_a_unit_may_ask_for_a_gpu():
    assert not parse_manifest(MANIFEST, "x.toml", folder="01_tiny").gpu
    asks = MANIFEST.replace("given =", "gpu = true\ngiven =")
    assert parse_manifest(asks, "x.toml", folder="01_tiny").gpu


def test_a_task_overrides_the_limits_it_names():
    text = MANIFEST.replace("[task.checks]", "[task.limits]\nmemory_mb = 77\n[task.checks]", 1)
    manifest = parse_manifest(text, "x.toml", folder="01_tiny")
    limits = manifest.limits_for(manifest.task("01.1"))
    assert (limits.memory_mb, limits.wall_seconds) == (77, 20)
    assert manifest.limits_for(manifest.task("01.2")).memory_mb == 4096


# (what stands in the good manifest, what takes its place, where the line is, what the message says)
BAD = {
    "schema": ("schema = 1", "schema = 2", "schema = 2", "schema: expected 1, got 2"),
    "no schema": ("schema = 1\n", "", "", "schema: expected 1, got nothing"),
    "unit": ('unit = "01_tiny"', 'unit = "02_x"', 'unit = "02_x"', '"01_tiny", the name of the folder'),
    "empty title": ('title = "A tiny unit"', 'title = ""', 'title = ""', "expected a short title"),
    "title of a wrong type": ('title = "A tiny unit"', "title = 3", "title = 3", "got 3"),
    "gpu of a wrong type": (
        "given =",
        'gpu = "yes"\ngiven =',
        "gpu",
        "gpu: expected true if submissions may",
    ),
    "unknown key": ("given =", "colour = 3\ngiven =", "colour", "unknown key 'colour'"),
    "unknown key of a task": (
        'module = "fast.py"',
        'module = "fast.py"\nfoo = 1',
        "foo",
        "unknown key 'foo'",
    ),
    "module is no list": ('["ops.py", "fast.py"]', '"ops.py"', "modules =", "list of file names"),
    "module in upper case": ('"fast.py"]', '"fast.py", "Fast.py"]', "modules =", "'Fast.py'"),
    "module with a path": ('"fast.py"]', '"fast.py", "../x.py"]', "modules =", "'../x.py'"),
    "module twice": ('"fast.py"]', '"fast.py", "fast.py"]', "modules =", "'fast.py' again"),
    "module given, too": ('given = ["shapes.py"]', 'given = ["ops.py"]', "given =", "'ops.py' again"),
    "module without a task": ('"fast.py"]', '"fast.py", "more.py"]', "modules =", "none for 'more.py'"),
    "module hides a library": ('"fast.py"]', '"fast.py", "random.py"]', "modules =", "hides `import random`"),
    "module hides a preload": ('"fast.py"]', '"fast.py", "numpy.py"]', "modules =", "hides `import numpy`"),
    "module that is not listed": ('module = "fast.py"', 'module = "slow.py"', '"slow.py"', "ops.py, fast.py"),
    "no tasks": (MANIFEST[MANIFEST.index("[[task]]") :], "", "", "at least one [[task]]"),
    "task of another unit": ('id = "01.2"', 'id = "02.2"', 'id = "02.2"', 'expected "01.2"'),
    "task out of order": ('id = "01.2"', 'id = "01.3"', 'id = "01.3"', 'expected "01.2"'),
    "task twice": ('id = "01.2"', 'id = "01.1"', 'id = "01.1"\nfunction = "scale"', "'01.1' again"),
    "function twice": ('function = "scale"', 'function = "add"', "", "'add' again"),
    "points do not sum": ("points = 4", "points = 5", "points = 5", "1 + 3 = 4, got 5"),
    "points of a wrong type": (
        "points = 4",
        'points = "4"',
        'points = "4"',
        "a whole number above 0, got '4'",
    ),
    "points as true": ("points = 4", "points = true", "points = true", "got true"),
    "no checks": (
        "test_add_sums = 3\ntest_add_keeps_its_input = 2",
        "",
        "[task.checks]",
        "at least one check",
    ),
    "a check of zero": ("test_add_sums = 3", "test_add_sums = 0", "test_add_sums = 0", "got 0"),
    "a check with no name": ("test_add_sums = 3", "add_sums = 3", "add_sums = 3", "like test_sums_rows"),
    "a check twice": ("test_scale_multiplies", "test_add_sums", "", "in task 01.1 too"),
    "a limit of zero": ("wall_seconds = 20", "wall_seconds = 0", "wall_seconds = 0", "above 0, got 0"),
    "a negative limit": ("wall_seconds = 20", "disk_mb = -1", "disk_mb = -1", "above 0, got -1"),
    "an unknown limit": ("wall_seconds = 20", "gpus = 2", "gpus = 2", "unknown key 'gpus'"),
    "a limit that is no number": (
        "wall_seconds = 20",
        'memory_mb = "all"',
        "memory_mb",
        "a whole number of MB above 0, got 'all'",
    ),
    "a manual part of another unit": (
        '"01.E"',
        '"02.E"',
        '"02.E"',
        "manual part 02.E, id: expected the unit",
    ),
    "a manual part with a task's id": ('"01.E"', '"01.3"', '"01.3"', "a capital letter"),
    "a manual part without criteria": (
        "criteria = [",
        "criteria = [] # [",
        "criteria",
        "a list of sentences",
    ),
    "a manual part for nothing": ("points = 3", "points = 0", "points = 0", "manual part 01.E, points"),
    "a manual part twice": (
        'title = "Your explanation"',
        'title = "x"\npoints = 1\ncriteria = ["c"]\n[[manual]]\nid = "01.E"\ntitle = "y"',
        'id = "01.E"',
        "'01.E' again",
    ),
    "a body that is no name": ('["_scale"]', '["_sca-le"]', "bodies =", "'_sca-le'"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_field_is_named_with_its_line(case: str):
    old, new, where, message = BAD[case]
    assert old in MANIFEST, "the test itself is out of date"
    text = MANIFEST.replace(old, new, 1)
    told = problems(text)
    assert message in told
    if where:
        first = where.splitlines()[0]
        lines = [number for number, line in enumerate(text.splitlines(), 1) if first in line]
        assert any(f"x.toml:{number}:" in told for number in lines), told
    assert "Traceback" not in told


def test_every_wrong_field_is_named_at_once():
    text = MANIFEST.replace("schema = 1", "schema = 7").replace("points = 4", "points = 9")
    text = text.replace("wall_seconds = 20", "wall_seconds = -1")
    told = problems(text)
    assert told.startswith("3 wrong fields")
    assert len(told.splitlines()) == 4
    lines = [int(number) for number in re.findall(r"x.toml:(\d+):", told)]
    wanted = [line_of(text, part) for part in ("schema = 7", "wall_seconds = -1", "points = 9")]
    assert lines == wanted


def test_a_body_belongs_to_one_task():
    text = MANIFEST.replace('module = "fast.py"', 'module = "ops.py"').replace('["_scale"]', '["add"]')
    assert "expected each body in one task, got 'add' in task 01.1 too" in problems(text)


def test_toml_that_is_none_is_named_with_its_line():
    assert problems("schema = 1\nunit = \n").startswith("x.toml:2: expected TOML")
    assert problems("schema = 1\nschema = 1\n").startswith("x.toml:2: expected TOML")
    assert "x.toml:1" in problems('title = "no end')


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(CourseError, match="got no such file"):
        load_manifest(tmp_path / "01_x" / "assignment.toml")
    with pytest.raises(CourseError, match="has no assignment"):
        unit_manifest(Unit("01_x", tmp_path))


def test_a_file_that_is_no_text(tmp_path: Path):
    path = tmp_path / "assignment.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match="UTF-8"):
        load_manifest(path)


def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path):
    path = tmp_path / "01_tiny" / "assignment.toml"
    path.parent.mkdir()
    path.write_bytes(b"\xef\xbb\xbf" + MANIFEST.replace("\n", "\r\n").encode())
    assert load_manifest(path).points == 9


def test_an_unknown_task_lists_the_tasks():
    manifest = parse_manifest(MANIFEST, "x.toml", folder="01_tiny")
    with pytest.raises(CourseError, match=r"01\.1 add, 01\.2 scale"):
        manifest.task("01.9")


def test_line_numbers_see_through_strings_and_arrays():
    text = '''a = 1 # [x]
b = """
[[task]]
c = 3
"""
d = [
  "]", # ]
  2,
]
[t.u]
"quoted key" = 1
e.f = { g = 1 }
[[task]]
h = 'x'
[task.checks]
i = 1
[[task]]
h = 2
'''
    lines = TomlLines(text)
    wanted = {
        ("a",): 1,
        ("b",): 2,
        ("d",): 6,
        ("t", "u"): 10,
        ("t", "u", "quoted key"): 11,
        ("t", "u", "e", "f", "g"): 12,
        ("task", 0, "h"): 14,
        ("task", 0, "checks", "i"): 16,
        ("task", 1): 17,
        ("task", 1, "h"): 18,
        ("c",): 1,
    }
    assert {path: lines[path] for path in wanted} == wanted


@given(st.text(alphabet="ab=[]{}\"'#\n.,1 \\", max_size=80))
def test_any_text_gives_a_manifest_error(text: str):
    with pytest.raises(ManifestError):
        parse_manifest(text, "x.toml", folder="01_tiny")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(
        ["schema", "unit", "modules", "given", "limits", "task", "manual", "id", "checks", "bodies"]
    ),
    VALUES,
)
def test_any_value_in_any_field_is_told_without_a_traceback(field: str, value: object):
    """The rules look at raw data: no value may trip them."""
    task = {
        "id": "01.1",
        "function": "f",
        "module": "a.py",
        "title": "t",
        "points": 1,
        "checks": {"test_a": 1},
    }
    data = {"schema": 1, "unit": "01_tiny", "title": "t", "modules": ["a.py"], "task": [task]}
    (task if field in {"id", "checks", "bodies"} else data)[field] = value
    for problem in wrong_fields(data) + broken_rules(data, folder="01_tiny"):
        assert problem.render(data)


def test_the_manifests_of_this_course():
    for unit in find_units():
        if unit.manifest.exists():
            assert unit_manifest(unit).unit == unit.slug

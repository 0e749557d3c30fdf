"""The recorded durations of the tests, and the parts of equal length that they make."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.authoring.testing import durations
from autograder.core.units import course_root

COSTS = st.dictionaries(st.text(min_size=1, max_size=8), st.floats(0, 100), max_size=40)


@given(COSTS, st.integers(1, 7))
def test_parts_hold_every_group_once_and_no_part_is_much_longer(costs: dict[str, float], shards: int):
    parts = durations.split(costs, shards)
    assert sorted(name for part in parts for name in part) == sorted(costs)
    assert parts == durations.split(dict(reversed(costs.items())), shards), "whatever their order"
    loads = [sum(costs[name] for name in part) for part in parts]
    assert max(loads) - min(loads) <= max(costs.values(), default=0) + 1e-9


def test_long_tests_are_groups_of_their_own(tmp_path: Path):
    (tmp_path / "a.py").touch()
    took = {"a.py::slow": 9.0, "a.py::quick": 0.3, "a.py::other": 0.4, "a.py::timed": 0.5}
    durations.record(tmp_path, took, alone={"a.py::timed"}, afresh=True)
    assert durations.read(tmp_path) == {"a.py": 0.7, "a.py (alone)": 0.5, "a.py::slow": 9.0}
    known = durations.read(tmp_path)
    assert durations.costs_of(["a.py::slow", "a.py::quick", "b.py::x", "b.py::y"], known) == {
        "a.py::slow": 9.0,
        "a.py": 0.7,
        "b.py": pytest.approx(2 * durations.UNKNOWN),
    }


def test_a_part_adds_to_the_record_and_forgets_files_that_are_gone(tmp_path: Path):
    (tmp_path / "a.py").touch()
    (tmp_path / durations.PLACE).parent.mkdir(parents=True)
    (tmp_path / durations.PLACE).write_text(json.dumps({"a.py": 1.0, "a.py::slow": 9.0, "gone.py::x": 3.0}))
    durations.record(tmp_path, {"a.py::slow": 0.8}, alone=(), afresh=False)
    assert durations.read(tmp_path) == {"a.py": 1.0, "a.py::slow": 0.8}
    durations.record(tmp_path, {"a.py::slow": 0.8}, alone=(), afresh=True)
    assert durations.read(tmp_path) == {"a.py": 0.8}


def test_without_a_record_every_test_costs_the_same(tmp_path: Path):
    assert durations.read(tmp_path) == {}
    assert durations.costs_of(["a.py::x", "b.py::y"], {}) == {
        "a.py": durations.UNKNOWN,
        "b.py": durations.UNKNOWN,
    }


def test_the_committed_record_is_small_and_sorted():
    text = (course_root() / durations.PLACE).read_text(encoding="utf-8")
    found = json.loads(text)
    assert list(found) == sorted(found)
    assert all(seconds >= 0 for seconds in found.values())
    assert len(text) < 50_000

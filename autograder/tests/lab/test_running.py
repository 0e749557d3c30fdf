"""Whoever waits for a check sees which one runs, for how long, and how long it may."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from autograder.core.result import Status
from autograder.core.units import CourseError, Unit
from autograder.judge.recorder import Started
from autograder.lab import running
from autograder.lab.desk_process import check_in_process
from autograder.lab.running import Running
from autograder.release.desk import ensure_desk
from autograder.tests.mini import make_course_with_tools


def test_the_line_counts_the_seconds_of_the_running_test(monkeypatch: pytest.MonkeyPatch):
    clock = [100.0]
    monkeypatch.setattr(running.time, "monotonic", lambda: clock[0])
    line = Running("01", since=100.0)
    clock[0] += 2
    assert line.text() == "checking 01: getting ready, 2 s"
    line.on_start(Started("01.1 add: sums", 20, 4))
    clock[0] += 4.9
    assert line.text() == "checking 01: 0 of 4 checks done; now 01.1 add: sums, 4 s (limit 20 s)"
    line.on_test()
    assert line.text() == "checking 01: 1 of 4 checks done"
    line.on_start(Started("01.2 scale: a hidden check", 0.5, 4))
    assert line.text() == (
        "checking 01: 1 of 4 checks done; now 01.2 scale: a hidden check, 0 s (limit 0.5 s)"
    )


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    """The small course with a limit of 3 seconds, and a desk whose add never ends."""
    unit = Unit("01_tiny", make_course_with_tools(tmp_path_factory.mktemp("running")))
    unit.manifest.write_text(unit.manifest.read_text().replace("wall_seconds = 20", "wall_seconds = 3"))
    ensure_desk(unit)
    path = unit.desk / "ops.py"
    lines = path.read_text().split("\n")
    [place] = [index for index, line in enumerate(lines) if "raise NotImplementedError" in line]
    lines[place : place + 1] = ["    while True:", "        pass"]
    path.write_text("\n".join(lines))
    return unit


@pytest.mark.slow
def test_a_notebook_is_told_every_second(unit: Unit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", os.fspath(unit.root))
    lines: list[str] = []
    result = check_in_process("01.1", unit.desk, lines.append)
    assert [test.status for test in result.tests] == [Status.TIMEOUT, Status.TIMEOUT]
    assert result.tests[0].feedback.message == "no answer within the limit of 3 s"
    assert re.fullmatch(r"ops.py:\d+ in add", result.tests[0].feedback.traceback)
    told = "\n".join(lines)
    assert "checking 01.1: getting ready, 0 s" in told
    assert re.search(r"now 01.1 add: sums, [12] s \(limit 3 s\)", told)
    assert re.search(r"1 of 2 checks done; now 01.1 add: keeps its input, [12] s \(limit 3 s\)", told)


@pytest.mark.slow
def test_what_cannot_be_checked_is_one_message(unit: Unit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PYTHONPATH", os.fspath(unit.root))
    with pytest.raises(CourseError, match="unknown name 'nothing'"):
        check_in_process("nothing", unit.desk, print)
    with pytest.raises(CourseError, match="you have no files for unit 01"):
        check_in_process("01", tmp_path / "gone", print)

"""Threats (39) to (44), from the other side: right code keeps its points."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autograder.core.result import Status
from autograder.core.units import find_unit
from autograder.release.starters import starter_files
from autograder.tests.adversarial.arena import MULTIPLY, Arena
from autograder.tests.judge.small_course import ADD


@pytest.mark.slow
def test_code_that_warns_and_prints(arena: Arena):
    """(39), (40)"""
    code = (
        "import sys, warnings, logging\nwarnings.simplefilter('always')\ndef python_loops(a, b):\n"
        "    warnings.warn('careful')\n    logging.error('so much')\n    print('x' * 2_000_000)\n"
        f"    print('\\x00\\xff' * 1000, file=sys.stderr){MULTIPLY}"
    )
    result = arena.loops(code)
    assert result.points == result.max_points == 8


@pytest.mark.slow
@pytest.mark.alone  # it comes close to limits
def test_code_near_its_limits_on_a_busy_machine(arena: Arena):
    """(41) Nine tenths of the wall time, then of the memory, while every core of the machine is busy."""
    load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        arena.course.checks(wall_seconds=10)
        assert arena.sums("import time\ndef add(a, b):\n  time.sleep(9)\n  return a + b").points == 1
        large = "import numpy as np\ndef add(a, b):\n  x = np.ones(450 << 20, np.uint8)\n  return a + b"
        arena.course.checks(wall_seconds=60)
        assert arena.sums(large).points == 1
    finally:
        for process in load:
            process.kill()
            process.wait()


@pytest.mark.exhaustive
@pytest.mark.slow
def test_the_reference_twenty_times(arena: Arena):
    """(42) The same points each time, whatever the seed."""
    folder = arena.solved()
    found = {arena.grade(arena.unit, folder, tasks={"01.1"}, seed=seed).points for seed in range(20)}
    assert found == {8}


@pytest.mark.slow
def test_the_starter_is_reported_whole_and_gets_nothing(arena: Arena):
    """(43) Two tasks of the unit here; test_proofs.py has all of them."""
    folder = arena.solved()
    for name, data in starter_files(find_unit("01")).items():
        (folder / name).write_bytes(data)
    result = arena.grade(arena.unit, folder, tasks={"01.1", "01.7"})
    assert (result.points, result.max_points) == (0, 30)
    assert {task.id: task.status for task in result.tasks} == dict.fromkeys(
        ("01.1", "01.7"), Status.NOT_IMPLEMENTED
    )
    assert not any(test.passed for test in result.tests)


@pytest.mark.parametrize(
    "code",
    [
        ADD.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + ADD.encode(),
        ADD.replace("    ", "\t").encode(),
        ADD.strip().encode(),
    ],
    ids=["CRLF", "BOM", "tabs", "no last newline"],
)
def test_odd_but_right_files(arena: Arena, code: bytes):
    """(44)"""
    assert arena.one(code).passed


def test_a_name_in_another_case_is_refused_plainly(arena: Arena):
    """(44)"""
    folder = arena.course.submission(None)
    (folder / "Sums.py").write_text(ADD)
    test = arena.grade(arena.course.unit, folder).tests[0]
    (folder / "Sums.py").unlink()
    assert test.status is Status.MISSING
    assert test.feedback.message == "the submission has Sums.py but no sums.py: rename the file"


def test_a_neighbour_is_graded_the_same_after_an_attack(arena: Arena):
    before = arena.grade(arena.course.unit, arena.neighbour)
    arena.small("import os\nos._exit(0)")
    after = arena.grade(arena.course.unit, arena.neighbour)
    assert [test.status for test in before.tests] == [test.status for test in after.tests] == [Status.PASSED]
    assert before.files == after.files

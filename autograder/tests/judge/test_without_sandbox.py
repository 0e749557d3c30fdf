"""Tier "none": the same worker without bubblewrap, for students on their own machine; the result says so."""

from __future__ import annotations

import pytest

from autograder.core.result import Status
from autograder.core.units import CourseError
from autograder.judge.sandbox.plan import available
from autograder.tests.judge.small_course import CHECK, Course


@pytest.fixture
def bare(bare_course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setattr(
        "autograder.judge.grading.available", lambda: (False, "bubblewrap is not installed: type this")
    )
    return bare_course


def test_grading_refuses(bare: Course):
    with pytest.raises(CourseError, match="type this"):
        bare.grade()


def test_a_student_may_still_check(bare: Course):
    result = bare.grade(sandbox="prefer")
    assert result.tests[0].passed
    assert result.tier == "none"
    assert any("without a sandbox" in note for note in result.notes)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import os; os._exit(0)", Status.CRASHED),
        ("def add(a, b):\n  while True: pass", Status.TIMEOUT),
        ("x = []\ndef add(a, b):\n  while True: x.append(bytearray(10**7))", Status.MEMORY_LIMIT),
        (
            "import threading, time\ndef add(a, b):\n  for _ in range(60):\n"
            "    threading.Thread(target=time.sleep, args=(9,)).start()\n  time.sleep(3)\n  return a + b",
            Status.PROCESS_LIMIT,
        ),
        ("def add(a, b): return a", Status.FAILED),
        ("def add(a, b): raise NotImplementedError", Status.NOT_IMPLEMENTED),
    ],
)
def test_status(bare: Course, code: str, status: Status):
    bare.checks(wall_seconds=1 if status is Status.TIMEOUT else 10)
    assert bare.one(code, sandbox="prefer").status is status


def test_daemons_die_with_their_test(bare: Course):
    from test_limits import find

    mark = "mlsys-orphan-canary-none"
    code = (
        "import os, sys, time\ndef add(a, b):\n"
        "  if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"      os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)', '{mark}'])\n"
        "    os._exit(0)\n  time.sleep(0.3)\n  return a + b"
    )
    assert bare.one(code, sandbox="prefer").passed
    assert not find(mark)


def test_tests_are_fresh_here_too(bare: Course):
    bare.checks(
        CHECK
        + "@pytest.mark.parametrize('case', [1, 2])\ndef test_one(student, case):\n"
        + "    expect_equal(student.call('add', 0, 0), 1)\n"
    )
    code = (
        "import os, tempfile\nn = 0\ndef add(a, b):\n  global n\n  n += 1\n"
        "  p = tempfile.gettempdir() + '/x'\n"
        "  m = os.path.exists(p)\n  open(p, 'w').close()\n  return n + m"
    )
    assert bare.one(code, sandbox="prefer").passed


def test_available_says_what_to_type(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")
    works, reason = available()
    assert not works
    assert "apt-get install bubblewrap" in reason

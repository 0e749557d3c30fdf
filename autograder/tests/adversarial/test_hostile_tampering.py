"""Tampering, threats (6) to (11): nothing that a submission changes on its side changes the judge's."""

from __future__ import annotations

import pytest

from autograder.core.result import Status
from autograder.tests.adversarial.arena import MULTIPLY, Arena
from autograder.tests.judge.small_course import ADD, CHECK

WRONG = "\ndef python_loops(a, b):\n    return [[0.0] * len(b[0]) for _ in a]\n"
PATCHES = {
    # (6) the report classes of the test frameworks
    "pytest's reports": (
        "import pytest, _pytest.reports, _pytest.runner\n"
        "_pytest.reports.TestReport.outcome = property(lambda s: 'passed', lambda s, v: None)\n"
        "_pytest.runner.CallInfo.from_call = classmethod(lambda *a, **k: None)"
    ),
    "unittest's and doctest's": (
        "import unittest, doctest\nunittest.TestResult.wasSuccessful = lambda s: True\n"
        "unittest.TestCase.assertEqual = lambda *a: None\ndoctest.OutputChecker.check_output = lambda *a: True"
    ),
    # (9) files that Python imports by itself, written at run time
    "sitecustomize at run time": (
        "import os, sys\nfor place in ('/tmp', '/submission', '/course', *sys.path):\n"
        "  for name in ('sitecustomize.py', 'usercustomize.py', 'x.pth', 'conftest.py'):\n"
        "    try: open(os.path.join(place, name), 'w').write('import os; os._exit(0)')\n"
        "    except OSError: pass"
    ),
    # (11) the functions that compare
    "allclose and builtins": (
        "import builtins, numpy as np\n"
        "np.allclose = np.array_equal = np.all = np.isclose = np.abs = lambda *_, **__: True\n"
        "np.testing.assert_allclose = lambda *_, **__: None\n"
        "builtins.abs = builtins.all = builtins.isinstance = lambda *_: True"
    ),
    # own: the judge's own package, as far as it is there
    "the worker's modules": (
        "from autograder.judge.worker import child, exception_record, values, wire\n"
        "exception_record.explain = child.explain = lambda *_: {'value': 1}\n"
        "values.encode = wire.encode = lambda value: ({'t': [True]}, [])"
    ),
    # own: hooks that see every call, import and event of the process
    "trace and audit hooks": (
        "import sys, threading\nsys.settrace(lambda *_: None)\nsys.setprofile(lambda *_: None)\n"
        "sys.addaudithook(lambda *_: None)\nsys.excepthook = sys.unraisablehook = lambda *_: None"
    ),
    # own: standard streams that are objects of another kind
    "streams": (
        "import sys\nclass Stream:\n  def __getattr__(self, name): raise SystemExit(0)\n"
        "sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Stream()"
    ),
    # own: the collector itself, and what every object inherits
    "the garbage collector": "import gc\ngc.disable()\ngc.collect = lambda *_: 0\nfor o in gc.get_objects():\n"
    "  if type(o) is dict and 'submission' in o:\n    o['submission'] = None",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_changes_no_verdict(arena: Arena, name: str):
    result = arena.loops(PATCHES[name] + WRONG)
    assert result.points <= 1  # operands that nobody touched are a point of their own
    assert not any(test.passed for test in result.tests if "operands" not in test.name)
    assert Status.INFRA_ERROR not in {test.status for test in result.tests}


@pytest.mark.slow
def test_torch_allclose(arena: Arena):
    """(11) The judge compares tensors with functions of its own process."""
    checks = """
        import torch
        from autograder.judge.checking import expect_close
        def test_one(student):
            expect_close(student.call("add", torch.ones(3), torch.ones(3)), torch.full((3,), 2.0))
        """
    code = (
        "import torch\ntorch.allclose = torch.equal = lambda *_, **__: True\n"
        "torch.Tensor.__eq__ = torch.Tensor.eq = lambda *_: torch.ones(3, dtype=torch.bool)\n"
        "def add(a, b): return a - b"
    )
    limits = {"wall_seconds": 60, "memory_mb": 2048}
    assert arena.one(code, checks, **limits).status is Status.FAILED


@pytest.mark.slow
def test_files_that_take_over_a_test_run_are_left_where_they_are(arena: Arena):
    """(7) conftest.py, (8) the settings files and PYTEST_ADDOPTS, (9) files that Python imports by itself."""
    folder = arena.solved()
    with (folder / "loops.py").open("a") as file:
        file.write(WRONG)
    boom = f"import os\nopen({str(arena.canary)!r}, 'w').write('ran')\nos._exit(0)\n"
    for name in (
        "conftest.py",
        "sitecustomize.py",
        "usercustomize.py",
        "x.pth",
        "__init__.py",
        "test_loops.py",
    ):
        (folder / name).write_text(boom)
    for name in ("pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml"):
        (folder / name).write_text(
            "[pytest]\naddopts = --collect-only\n[tool.pytest.ini_options]\naddopts = '-x'\n"
        )
    (folder / ".pytest_cache").mkdir()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "loops.cpython-311.pyc").write_bytes(b"\xa7\r\r\n" + bytes(40))
    result = arena.grade(arena.unit, folder, tasks={"01.1"})
    assert result.points <= 1
    assert len([note for note in result.notes if "was not graded" in note]) >= 9


def test_orders_in_the_judges_environment_are_not_taken(arena: Arena, monkeypatch: pytest.MonkeyPatch):
    """(8) Whoever starts the grader may have PYTEST_ADDOPTS set."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only -p no:python")
    monkeypatch.setenv("PYTEST_PLUGINS", "nothing_of_this_name")
    assert arena.small(ADD).points == 1
    assert arena.small("def add(a, b): return a").points == 0


@pytest.mark.slow
def test_modules_that_shadow_a_library(arena: Arena):
    """(10) numpy.py, torch.py, random.py: left out, named in the notes; what needs them fails with a hint."""
    folder = arena.solved()
    for name in ("numpy", "torch", "random"):
        (folder / f"{name}.py").write_text("def allclose(*_): return True\ndef cheat(a, b): return a\n")
    with (folder / "loops.py").open("a") as file:
        file.write("\nfrom random import cheat\npython_loops = cheat\n")
    result = arena.grade(arena.unit, folder, tasks={"01.1"})
    assert (result.points, {test.status for test in result.tests}) == (0, {Status.ERROR})
    for name in ("numpy", "torch", "random"):
        assert any(f"{name}.py was not graded" in note and f"library {name}" in note for note in result.notes)
    assert "random.py" in result.tests[0].feedback.hint


STATEFUL = (
    CHECK
    + """
def test_first(student):
    student.call("add", 1, 1)

def test_second(student):
    assert student.call("add", 1, 1) == 2

def test_third(student):
    assert student.call("add", np.ones(3), np.ones(3)).sum() == 6
"""
)


def test_a_patched_library_is_whole_again_in_the_next_test(arena: Arena):
    """own: NumPy, the worker, the module of another task, all broken in one test, serve the next."""
    code = """
import os, sys
import numpy as np
FIRST = "/tmp/.numba/first"
def add(a, b):
    if type(a) is int and not hasattr(np, "broken"):
        np.broken = sys.broken = True
        np.add = np.ndarray = np.sum = None
        import helpers, autograder.judge.worker.values
        helpers.SECRET = "mine"
        autograder.judge.worker.values.encode = None
    return a + b
"""
    result = arena.small(code, STATEFUL, {"test_first": 1, "test_second": 1, "test_third": 1})
    assert [test.status for test in result.tests] == [Status.PASSED] * 3, result.tests


def test_a_forged_recording_is_worth_nothing_without_the_values(arena: Arena):
    """own: the harness runs on the student's side, so a submission that patches it can fool the checks that
    look at code. It gains no point: every check also compares a value, which is the judge's own."""
    code = """
import gc
def python_loops(a, b):
    if type(a).__name__ == "RecordingMatrix":  # the harness: pretend that everything is read in order
        for i in range(4):
            for j in range(6):
                for p in range(5):
                    a[i][p], b[p][j]
    return None
"""
    result = arena.loops(code)
    assert [test.name for test in result.tests if test.passed] == []


def test_a_harness_that_is_replaced_gives_no_value_of_another_kind(arena: Arena):
    """own: student_function, patched in the harness's own namespace through gc."""
    code = f"""
import gc
def patch():
    for space in gc.get_objects():
        if type(space) is dict and space.get("__name__") == "harness":
            space["student_function"] = lambda name: (lambda *_: None)
            space["reads"] = lambda *_: "passed"
def python_loops(a, b):
    patch(){MULTIPLY}
"""
    result = arena.loops(code)
    assert result.tests[0].passed
    assert result.tests[3].passed  # the harness had been looked up before the student's code ran

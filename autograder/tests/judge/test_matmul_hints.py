"""The checks of unit 01 recognise two mistakes that puzzle beginners."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from autograder.core.result import TestResult
from autograder.core.units import course_root, find_unit
from autograder.judge.grading import grade_submission
from autograder.release.starters import solved_files
from autograder.tests.needs import need_sandbox

LOOPS = """

def _python_loops(a, b, m, k, n):
    c = [[0.0] * n] * m
    for i in range(m):
        for j in range(n):
            for p in range(k):
                c[i][j] += a[i][p] * b[p][j]
    return c
"""
COMPILED = """

@njit
def _numba_loops(a, b, c):
    for i in range(a.shape[0]):
        for p in range(a.shape[1]):
            for j in range(b.shape[1]):
                c[i, j] += a[i, p] * b[p, j]
"""
OFF_BY_ONE = COMPILED.replace("c[i, j] +=", "c[i, j] = 0 if p == 0 else c[i, j] +")


@pytest.fixture(scope="module")
def patterns() -> ModuleType:
    path = course_root() / "autograder/checks/01_matmul_cpu/patterns.py"
    spec = importlib.util.spec_from_file_location("patterns", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def graded(folder: Path, task: str, module: str, more: str) -> tuple[TestResult, ...]:
    need_sandbox()
    unit = find_unit("01")
    for name, content in solved_files(unit).items():
        (folder / name).write_bytes(content)
    with (folder / module).open("a") as file:
        file.write(more)
    return grade_submission(unit, folder, seed=3, tasks={task}).tests


def test_one_row_with_many_names_is_recognised(tmp_path: Path):
    tests = {test.name: test for test in graded(tmp_path, "01.1", "loops.py", LOOPS)}
    for name in ("test_python_loops_squares", "test_python_loops_rectangles"):
        assert "[[0.0] * n] * m" in tests[name].feedback.hint


@pytest.mark.slow
def test_a_result_that_nobody_cleared_is_recognised(tmp_path: Path):
    tests = {test.name: test for test in graded(tmp_path, "01.3", "compiled.py", COMPILED)}
    wrong = [tests[f"test_numba_loops_{name}"] for name in ("squares", "rectangles", "float64")]
    told = [test.feedback for test in wrong if not test.passed]
    assert told, "fresh memory may hold zeros now and then, but not each time"
    for feedback in told:
        assert "np.empty clears nothing" in feedback.hint
        assert feedback.call.startswith("numba_loops(a float")


@pytest.mark.slow
def test_another_mistake_keeps_the_hint_of_its_check(tmp_path: Path):
    first = graded(tmp_path, "01.3", "compiled.py", OFF_BY_ONE)[0]
    assert first.feedback.hint == "c[i, j] is the sum over p of a[i, p] * b[p, j]."
    assert first.feedback.call == "numba_loops(a float32[1, 1], b float32[1, 1])"


def test_the_looks_of_a_result(patterns: ModuleType):
    want = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert patterns.one_row([[3.0, 4.0], [3.0, 4.0]], want)
    for got in (
        [[1.0, 2.0], [3.0, 5.0]],
        [[0.0, 0.0], [0.0, 0.0]],
        [],
        [[]],
        None,
        [1, 2],
        [want, want],
        [[want], [want]],
        [[1.0, 2.0]],
        want,
    ):
        assert patterns.one_row(got, want) == ""
    assert patterns.one_row([[1.0], [1.0]], np.array([[1.0], [1.0]])) == "", "as it should be"
    for strange in (np.inf, np.nan, 1e30, 1e-310):
        assert patterns.garbage(np.array([[1.0, 2.0], [3.0, strange]]), want)
    for got in (want, want + 1, np.zeros((2, 2)), want.astype(int), want[0], None, [[np.inf]]):
        assert patterns.garbage(got, want) == ""

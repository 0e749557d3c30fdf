"""A library's product behind a hand-written rung of unit 01 loses points; right kernels of many shapes keep them."""

from __future__ import annotations

import pytest

from autograder.authoring.warm_grader import WarmGrader
from autograder.core.units import find_unit
from autograder.release.starters import solved_files
from autograder.tests.adversarial.arena import Arena

pytestmark = [pytest.mark.slow, pytest.mark.alone]  # the checks measure time

# task: (file, function, kernel, the kernel's parameters before a, b and c, the checks that look at whose code it is)
RUNGS = {
    "01.3": ("compiled.py", "numba_loops", "_numba_loops", "", ("own_code", "speed")),
    "01.4": ("compiled.py", "numba_parallel", "_numba_parallel", "", ("uses_threads", "speed")),
    "01.6": ("blocked.py", "register_blocked", "_register_blocked", "", ("own_code", "speed")),
    "01.7": ("microkernel.py", "microkernel", "_multiply", "shape, ", ("own_code", "speed")),
}
ONE_ROW = """
import numpy as np
_first = {function}
def {function}(a, b):
    _first(a[:1], b)
    return a @ b
"""
OBJMODE = """
import numpy as np
from numba import njit, objmode
@njit
def {kernel}({parameters}):
    with objmode():
        c[: a.shape[0], : b.shape[1]] = np.dot(a, b)
"""
CTYPES = """
import ctypes
import numpy as np
from numba import njit, prange
_kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long, ctypes.c_long,
                         ctypes.c_long)
def _array(address, rows, columns):
    return np.ctypeslib.as_array(ctypes.cast(address, ctypes.POINTER(ctypes.c_float)), (rows, columns))
def _gemm(a, b, c, m, k, n):
    np.dot(_array(a, m, k), _array(b, k, n), out=_array(c, m, n))
_product = _kind(_gemm)
@njit(parallel=True)
def {kernel}({parameters}):
    for _ in prange(1):
        _product(a.ctypes.data, b.ctypes.data, c.ctypes.data, a.shape[0], a.shape[1], b.shape[1])
"""
ATTACKS = {"one row": ONE_ROW, "objmode": OBJMODE, "ctypes": CTYPES}
SHORT = {("01.3", "ctypes"), ("01.7", "one row"), ("01.3", "objmode")}


@pytest.mark.parametrize(
    ("task", "attack"),
    [
        pytest.param(task, attack, marks=() if (task, attack) in SHORT else pytest.mark.exhaustive)
        for task in RUNGS
        for attack in ATTACKS
    ],
)
def test_a_librarys_product_loses_the_points_for_own_code_and_speed(arena: Arena, task: str, attack: str):
    file, function, kernel, shape, lost = RUNGS[task]
    code = ATTACKS[attack].format(function=function, kernel=kernel, shape=shape, parameters=f"{shape}a, b, c")
    result = arena.module(file, code, tasks=(task,))
    passed = {test.name.removeprefix(f"test_{function}_") for test in result.tests if test.passed}
    assert not passed & set(lost), result.tests
    assert result.points < result.max_points


ROW_BUFFER = """
@njit(parallel=True, cache=True)
def _numba_parallel(a, b, c):
    for i in prange(a.shape[0]):
        row = np.zeros(b.shape[1], a.dtype)
        for p in range(a.shape[1]):
            for j in range(b.shape[1]):
                row[j] += a[i, p] * b[p, j]
        c[i, :] = row
"""
HELPER = """
def _helper(width):
    @njit
    def dot(row, factor, other):
        for j in range(width * len(row) // width):
            row[j] += factor * other[j]
    return dot
dot = _helper(8)
@njit(parallel=True)
def _numba_parallel(a, b, c):
    for i in prange(a.shape[0]):
        c[i, :] = 0
        for p in range(a.shape[1]):
            dot(c[i], a[i, p], b[p])
@njit
def numba_parallel(a, b):
    c = np.empty((a.shape[0], b.shape[1]), a.dtype)
    _numba_parallel(a, b, c)
    return c
"""
CAPTURED = """
@njit(inline="always")
def _row(a, b, c, i):
    for p in range(a.shape[1]):
        for j in range(b.shape[1]):
            c[i, j] += a[i, p] * b[p, j]
@njit(parallel=True)
def _numba_parallel(a, b, c):
    c[:] = 0
    for i in prange(a.shape[0]):
        _row(a, b, c, i)
def numba_parallel(a, b, kernel=_numba_parallel):
    c = np.empty((len(a), b.shape[1]), a.dtype)
    half = len(a) // 2
    for rows in (slice(0, half), slice(half, None)):
        kernel(a[rows], b, c[rows])
    return c
"""
SERIAL = ROW_BUFFER.replace("prange", "range").replace("parallel=True, ", "")
ONE_THREAD = (
    ROW_BUFFER
    + """
def numba_parallel(a, b):
    from numba import set_num_threads
    set_num_threads(1)
    c = np.empty((len(a), b.shape[1]), a.dtype)
    _numba_parallel(a, b, c)
    return c
"""
)
LIBRARY = "\n@njit(cache=True)\ndef _numba_loops(a, b, c):\n    c[:] = np.dot(a, b)\n"


@pytest.mark.exhaustive  # nine gradings of real kernels
def test_only_the_kernels_own_code_decides_about_its_threads():
    """In one sandbox, whose cache of compiled code keeps what the submissions before used: a library, for one."""
    unit = find_unit("01")
    solved = solved_files(unit)
    with WarmGrader(unit) as grader:

        def threads(code: str) -> bool:
            files = solved | {"compiled.py": solved["compiled.py"] + code.encode()}
            recorder, _ = grader.run(files, {"01.4"})
            tests = [test for each in recorder.task_results() for test in each.tests]
            return next(test.passed for test in tests if test.name == "test_numba_parallel_uses_threads")

        grader.run(solved | {"compiled.py": solved["compiled.py"] + LIBRARY.encode()}, {"01.3"})
        assert threads(ROW_BUFFER)
        assert threads(LIBRARY + ROW_BUFFER)  # another task of the same file uses a library
        assert threads(HELPER)
        assert threads(CAPTURED)
        assert not threads(SERIAL)
        assert not threads(ONE_THREAD)


def test_a_rung_without_the_rung_before_says_that_it_was_not_compared(arena: Arena):
    code = "\ndef register_blocked(a, b):\n    return a + b\n"
    result = arena.module("blocked.py", code, tasks=("01.7",))
    assert result.points == result.max_points, result.tests
    assert [note for note in result.notes if note.startswith("microkernel was not compared")], result.notes

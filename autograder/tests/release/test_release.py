"""The starters: asked bodies are gone, every other byte is kept, and the result still works as Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from autograder.core.units import Unit, find_units
from autograder.release.bodies import empty_bodies
from autograder.release.starters import ReleaseError, check_drift, solved_files, starter_files, write_starters

OPS_STARTER = '''"""Operations on lists."""

from __future__ import annotations

import itertools  # a starter keeps what its author will need

from shapes import same_length
from reference.shared.timing.stopwatch import now


LIMIT = 3  # stays


def add(a, b):
    """Sum two lists, element by element.

    Raises ValueError for different lengths.
    """
    raise NotImplementedError("01.1 add: Sum two lists, element by element.")


# about now_twice
def now_twice():   # odd  spacing   stays
    return now(),now()
'''

FAST_STARTER = '''"""Arrays."""

import numpy as np

import shapes
from shapes import (
    same_length,  # kept
)


def scale(a, factor):
    """Every element of `a` times `factor`: a new array."""
    out = np.empty_like(a)
    _scale(a, factor, out)
    return out


def _scale(a, factor, out):
    """Write a * factor to `out`."""
    n = shapes.length(a)
    raise NotImplementedError("01.2 scale: Write a * factor to `out`.")
    assert same_length(a, out)
'''


def test_the_starters_of_the_miniature_course(raw_unit: Unit):
    files = {name: content.decode() for name, content in starter_files(raw_unit).items()}
    assert list(files) == ["ops.py", "fast.py", "shapes.py"]
    assert files["ops.py"] == OPS_STARTER
    assert files["fast.py"] == FAST_STARTER
    assert files["shapes.py"] == (raw_unit.reference / "shapes.py").read_text()


def test_the_solved_files_run_where_students_put_them(raw_unit: Unit, tmp_path: Path):
    for name, content in solved_files(raw_unit).items():
        (tmp_path / name).write_bytes(content)
    code = "import numpy as np, ops, fast; print(ops.add([1, 2], [3, 4]), fast.scale(np.ones(2), 3.0))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{raw_unit.root}"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "[4, 6] [3. 3.]", done.stderr
    assert "SOLUTION" not in (tmp_path / "fast.py").read_text()


def test_drift_is_named_with_a_diff_and_the_command_that_fixes_it(unit: Unit):
    assert check_drift(unit) == []
    (unit.assignment / "ops.py").write_text(OPS_STARTER.replace("LIMIT = 3", "LIMIT = 4"))
    (unit.assignment / "fast.py").unlink()
    (unit.assignment / "old.py").write_text("x = 1\n")
    ops, fast, old = check_drift(unit)
    assert ops.startswith("assignments/01_tiny/ops.py")
    assert "-LIMIT = 4" in ops
    assert "+LIMIT = 3" in ops
    assert "fast.py: missing" in fast
    assert "old.py: no longer in the manifest" in old
    assert all("./mlsys release 01" in message for message in (ops, fast, old))
    assert write_starters(unit) == ["ops.py", "fast.py", "old.py (removed)"]
    assert check_drift(unit) == []
    assert write_starters(unit) == []


def test_the_starters_of_this_course_are_up_to_date():
    units = [unit for unit in find_units() if unit.manifest.exists()]
    for unit in units:
        assert check_drift(unit) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('bodies = ["_scale"]', 'bodies = ["_scales"]', r"names '_scales'.*not in reference/tiny/fast.py"),
        ('function = "scale"', 'function = "scaled"', "names 'scaled'"),
        ('remove = ["_only_for_add"]', 'remove = ["_gone"]', "removes '_gone'"),
        (
            'given = ["shapes.py"]',
            "given = []",
            r"line 7: expected an import of one of .* got shapes",
        ),
        (
            'given = ["shapes.py"]',
            'given = ["shapes.py", "more.py"]',
            "expected: the file reference/tiny/more.py",
        ),
    ],
)
def test_a_manifest_that_does_not_fit_the_reference(raw_unit: Unit, old: str, new: str, message: str):
    text = raw_unit.manifest.read_text()
    assert old in text
    raw_unit.manifest.write_text(text.replace(old, new))
    with pytest.raises(ReleaseError, match=message):
        starter_files(raw_unit)


def test_a_reference_that_is_not_python(raw_unit: Unit):
    (raw_unit.reference / "ops.py").write_text("x = 1\ndef f(:\n")
    with pytest.raises(ReleaseError, match=r"reference/tiny/ops.py: line 2: not valid Python"):
        starter_files(raw_unit)


def test_a_compiled_starter_raises_its_own_words(tmp_path: Path):
    """numba must compile the emptied body, and hand its text to Python."""
    source = dedent('''
        import numpy as np
        from numba import njit, prange


        @njit(parallel=True)
        def kernel(a, c):
            """Write a to `c`."""
            for i in prange(a.size):
                c[i] = a[i]


        @njit("float64(float64)")
        def typed(x):
            return x


        @njit
        def scaffold(a):
            total = 0.0
            for x in a:
                # BEGIN SOLUTION
                total += x
                # END SOLUTION
            return total
    ''')
    messages = {
        "kernel": '01.4 kernel: a "quoted" word',
        "typed": "01.5 typed: x",
        "scaffold": "01.6 scaffold: y",
    }
    (tmp_path / "starter.py").write_text(empty_bodies(source, messages))
    code = dedent("""
        import warnings; warnings.simplefilter("ignore")
        import numpy as np, starter
        a = np.ones(3)
        for name, args in (("kernel", (a, a)), ("typed", (1.0,)), ("scaffold", (a,))):
            try:
                getattr(starter, name)(*args)
            except NotImplementedError as error:
                print(error)
    """)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines() == list(messages.values()), done.stderr

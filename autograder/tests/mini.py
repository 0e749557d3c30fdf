"""A miniature course in a temporary folder: three units, one of them with everything that a release meets."""

from __future__ import annotations

import shutil
from pathlib import Path
from textwrap import dedent

from autograder.core.units import Unit
from autograder.release.starters import write_starters
from autograder.tests.tree import copy_tree

MANIFEST = """
schema = 1
unit = "01_tiny"
title = "A tiny unit"
modules = ["ops.py", "fast.py"]
given = ["shapes.py"]
preload = ["numpy"]

[limits]
wall_seconds = 20

[[task]]
id = "01.1"
function = "add"
module = "ops.py"
title = "Add two lists"
points = 5
remove = ["_only_for_add"]
[task.checks]
test_add_sums = 3
test_add_keeps_its_input = 2

[[task]]
id = "01.2"
function = "scale"
module = "fast.py"
title = "Scale an array"
points = 4
bodies = ["_scale"]
[task.checks]
test_scale_multiplies = 1
test_scale_hidden_zeros = 3

[[manual]]
id = "01.E"
title = "Your explanation"
points = 3
criteria = ["says why a sum needs two operands", "compares a figure with its prediction"]
"""

OPS = '''
"""Operations on lists."""

from __future__ import annotations

import itertools  # a starter keeps what its author will need

from .shapes import same_length
from ..shared.timing.stopwatch import now


LIMIT = 3  # stays


def _only_for_add(pair):
    return pair[0] + pair[1]


def add(a, b):
    """Sum two lists, element by element.

    Raises ValueError for different lengths.
    """
    same_length(a, b)
    # a comment that goes with the body
    return [_only_for_add(pair) for pair in zip(a, b)]


# about now_twice
def now_twice():   # odd  spacing   stays
    return now(),now()
'''

FAST = '''
"""Arrays."""

import numpy as np

from reference.tiny import shapes
from reference.tiny.shapes import (
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
    # BEGIN SOLUTION
    for i in range(n):
        out[i] = a[i] * factor
    # END SOLUTION
    assert same_length(a, out)
'''

SHAPES = '''
def same_length(a, b):
    """Raises ValueError when the lengths differ."""
    if len(a) != len(b):
        raise ValueError(f"expected equal lengths, got {len(a)} and {len(b)}")
    return True


def length(a):
    return len(a)
'''

CHECKS = """
import numpy as np
import pytest

from autograder.judge.checking import expect_close, expect_equal


def numbers(rng, n):
    return [float(x) for x in rng.standard_normal(n)]


@pytest.mark.task("01.1")
def test_add_sums(student, rng):
    a, b = numbers(rng, 4), numbers(rng, 4)
    expect_close(student.call("add", a, b), [x + y for x, y in zip(a, b)], hint="is it a sum?")


@pytest.mark.task("01.1")
def test_add_keeps_its_input(student, rng):
    a = numbers(rng, 3)
    got = student.probe("argument_after", a)
    expect_equal(got, a)


@pytest.mark.task("01.2")
def test_scale_multiplies(student, rng):
    a = rng.standard_normal(5)
    expect_close(student.call("scale", a, 2.0), 2 * a)


# The secret comment of a hidden check.
@pytest.mark.hidden
@pytest.mark.task("01.2")
def test_scale_hidden_zeros(student):
    expect_close(student.call("scale", np.ones(3), 0.0), np.zeros(3))
"""

HARNESS = """
def argument_after(a):
    student_function("add")(a, list(a))
    return a
"""

WRONG = {
    "add_wrong_sign.py": """
# loses: test_add_sums
# module: ops.py
# why: subtracts where it should add
def add(a, b):
    return [x - y for x, y in zip(a, b)]
""",
    "add_in_place.py": """
# loses: test_add_keeps_its_input
# module: ops.py
# why: writes the sums to its argument
def add(a, b):
    for i in range(len(a)):
        a[i] += b[i]
    return a
""",
    "scale_skips_zero.py": """
# loses: test_scale_hidden_zeros
# module: fast.py
# why: takes a factor of zero for "not given"
def _scale(a, factor, out):
    out[:] = a * (factor or 1)
""",
}

NOTEBOOK = """{"cells": [{"cell_type": "code", "id": "a", "execution_count": null,
 "metadata": {}, "outputs": [],
 "source": ["%load_ext autograder.notebook\\n", "import ops\\n", "from reference.shared.timing.stopwatch import now"]}],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
"""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")


def make_course(root: Path) -> Unit:
    """Write the course to `root`; returns its unit 01_tiny, whose starters are not written yet."""
    write(root / "assignments/01_tiny/assignment.toml", MANIFEST)
    write(root / "assignments/01_tiny/README.md", "# A tiny unit\n")
    for name, text in {"ops.py": OPS, "fast.py": FAST, "shapes.py": SHAPES, "__init__.py": ""}.items():
        write(root / "reference/tiny" / name, text)
    write(root / "reference/__init__.py", "")
    write(
        root / "reference/shared/timing/stopwatch.py",
        "import time\n\n\ndef now():\n    return time.perf_counter()\n",
    )
    write(root / "reference/first/__init__.py", "FIRST = 1\n")
    write(root / "reference/later/__init__.py", "from reference.tiny.ops import add\n")
    write(root / "reference/tests/first/test_first.py", "from reference.first import FIRST\n")
    write(root / "reference/tests/tiny/test_ops.py", "from reference.tiny.ops import add\n")
    write(
        root / "reference/tests/shared/test_shared.py", "from reference.shared.timing.stopwatch import now\n"
    )
    write(root / "reference/tests/shared/test_across.py", "from reference.tiny import ops\n")
    write(root / "reference/benchmarks/report.py", "X = 1\n")
    write(root / "reference/benchmarks/tiny/bench.py", "from reference.tiny.ops import add\n")
    write(root / "reference/benchmarks/first/bench.py", "from reference.benchmarks.report import X\n")
    write(root / "reference/benchmarks/records/tiny.json", "{}\n")
    write(root / "autograder/__init__.py", "")
    write(root / "autograder/cli.py", "print('cli')\n")
    write(root / "autograder/tests/test_grader.py", "")
    write(root / "autograder/checks/00_first/test_first.py", "")
    write(root / "autograder/checks/01_tiny/test_tiny.py", CHECKS)
    write(root / "autograder/checks/01_tiny/harness.py", HARNESS)
    write(root / "autograder/checks/02_later/test_later.py", "")
    for name, text in WRONG.items():
        write(root / "autograder/checks/01_tiny/wrong" / name, text)
    for slug in ("00_first", "01_tiny", "02_later"):
        write(root / f"labs/{slug}.ipynb", NOTEBOOK)
        write(root / f"slides/{slug}.md", f"# {slug}\n")
        write(root / f"slides/figures/{slug}.svg", "<svg/>\n")
    write(root / "slides/theme.css", "section {}\n")
    write(root / "datasets/README.md", "data\n")
    write(root / "datasets/digits/raw/big.bin", "not this\n")
    for name in ("pyproject.toml", "constraints.txt", "LICENSE"):
        write(root / name, f"{name}\n")
    write(root / "mlsys", "#!/bin/sh\n")
    (root / "mlsys").chmod(0o755)
    return Unit("01_tiny", root)


def make_course_with_tools(folder: Path) -> Path:
    """A copy of this repository whose only unit is 01_tiny: the root of a course on which `./mlsys` runs."""
    root = copy_tree(folder / "copy")
    unit = make_course(folder / "mini")
    write_starters(unit)
    for wing in ("assignments", "autograder/checks", "labs", "slides"):
        for path in (root / wing).glob("[0-9][0-9]_*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for place in ("assignments/01_tiny", "autograder/checks/01_tiny", "reference/tiny", "labs/01_tiny.ipynb"):
        (unit.root / place).rename(root / place)
    shutil.copy(
        unit.root / "reference/shared/timing/stopwatch.py", root / "reference/shared/timing/stopwatch.py"
    )
    return root

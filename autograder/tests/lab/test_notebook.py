"""The notebook extension in a real kernel: %check, edits, and the sentence for an unwritten task."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from autograder.core.units import Unit, course_root
from autograder.notebook import SAYS, sentence
from autograder.release.desk import ensure_desk
from autograder.tests import notebooks
from autograder.tests.mini import make_course_with_tools

EXTENSION = "%load_ext autograder.notebook"


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run cells in one kernel on a desk; a cell with an error raises."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")

    def start(desk: Path, *cells: str, course: Path | None = None) -> list[Any]:
        if course not in (None, course_root()) and not (course / "autograder/notebook.py").exists():
            # A miniature course: its shared modules, with the real extension.
            shutil.copytree(course / "reference", tmp_path / "shared" / "reference")
            course = tmp_path / "shared"
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(course or course_root()), str(course_root()))))
        notebook = notebooks.new(EXTENSION, *cells)
        notebooks.execute(notebook, desk)
        return notebook.cells[1:]

    return start


def text_of(cell: Any) -> str:
    parts = []
    for output in cell.outputs:
        parts += [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
    return "".join(parts)


def test_an_unwritten_task_stops_the_notebook_with_one_sentence(unit: Unit, kernel: Any):
    """In a copy of the desk anywhere, as CI uses it."""
    ensure_desk(unit)
    with pytest.raises(notebooks.cell_error()) as caught:
        kernel(unit.desk, "import ops", "ops.add([1], [2])", "print('not reached')", course=unit.root)
    told = str(caught.value)
    assert "Task 01.1 add is not written yet" in told
    assert "save the file, and run this cell again" in told
    assert "Traceback" not in told


def test_the_sentence_names_every_body_that_is_left():
    said = SAYS.match("01.5 divide_and_conquer (_divide): Append to `leaves` ...")
    assert said
    told = sentence(said, course_root() / "assignments/01_matmul_cpu")
    assert re.search(
        r"open recursive.py, write _divide \(line \d+\) and _conquer \(line \d+\), save the file", told
    )


def test_an_unwritten_task_within_a_parallel_loop(unit: Unit, kernel: Any):
    """numba turns what is raised there into a SystemError; the sentence must be the same."""
    pytest.importorskip("numba")
    ensure_desk(unit)
    cell = """
import numpy as np
from numba import njit, prange
@njit
def inner(x):
    raise NotImplementedError("01.2 scale: Write a * factor to `out`.")
@njit(parallel=True)
def outer(a):
    for i in prange(a.size):
        inner(a[i])
outer(np.ones(100))
"""
    with pytest.raises(notebooks.cell_error()) as caught:
        kernel(unit.desk, cell, course=unit.root)
    assert "Task 01.2 scale is not written yet" in str(caught.value)


def test_an_unwritten_task_on_a_rank(unit: Unit, kernel: Any):
    """A launch raises an error of its own, with the rank's traceback in it; the sentence must be the same."""
    ensure_desk(unit)
    cell = """
from reference.shared.comm import launch
def step(comm):
    raise NotImplementedError("01.2 scale: Write a * factor to `out`.")
launch(step, 2)
"""
    with pytest.raises(notebooks.cell_error()) as caught:
        kernel(unit.desk, cell)
    assert "Task 01.2 scale is not written yet" in str(caught.value)


def test_other_not_implemented_errors_are_shown_as_usual(unit: Unit, kernel: Any):
    ensure_desk(unit)
    with pytest.raises(notebooks.cell_error()) as caught:
        kernel(unit.desk, "def f():\n    raise NotImplementedError('mine')", "f()")
    assert "NotImplementedError" in str(caught.value)
    assert "is not written yet" not in str(caught.value)


def test_an_edit_counts_without_a_restart(unit: Unit, kernel: Any):
    ensure_desk(unit)
    edit = """
from pathlib import Path
path = Path("ops.py")
path.write_text(path.read_text().replace(
    'raise NotImplementedError("01.1 add: Sum two lists, element by element.")',
    "return [x + y for x, y in zip(a, b)]"))
"""
    cells = kernel(
        unit.desk,
        "import ops\nfrom ops import add",
        "try:\n    add([1], [2])\nexcept NotImplementedError:\n    print('not yet')",
        edit,
        "print(add([1], [2]), ops.add([3], [4]))",
        course=unit.root,
    )
    assert text_of(cells[1]) == "not yet\n"
    assert text_of(cells[3]) == "[3] [7]\n"


@pytest.mark.slow
def test_check_stays_with_its_desk_whatever_a_cell_does_to_its_own_process(tmp_path: Path, kernel: Any):
    root = make_course_with_tools(tmp_path)
    desk = tmp_path / "desk"
    ensure_desk(Unit("01_tiny", root), desk)
    changed = "import os\nos.environ['PYTHONPATH'] = '/nowhere'\nos.environ['MPLBACKEND'] = 'nothing'"
    cells = kernel(desk, "%cd ..", changed, "%check 01.1", course=root)
    assert "write add (ops.py, line" in text_of(cells[2])


@pytest.mark.slow
def test_check_shows_a_table_and_sees_edits(tmp_path: Path, kernel: Any):
    """The magic checks the notebook's own folder with the course's own checks, in a process of its own."""
    root = make_course_with_tools(tmp_path)
    desk = tmp_path / "desk"
    ensure_desk(Unit("01_tiny", root), desk)
    edit = """
from pathlib import Path
path = Path("ops.py")
path.write_text(path.read_text().replace(
    'raise NotImplementedError("01.1 add: Sum two lists, element by element.")',
    "return [x + y for x, y in zip(a, b)]"))
"""
    cells = kernel(desk, "%check 01.1", edit, "%check 01.1", "%check 01", course=root)
    assert "not written yet" in text_of(cells[0])
    assert "write add (ops.py, line" in text_of(cells[0])
    assert "write add (ops.py, line" in cells[0].outputs[0].data["text/html"]
    assert "5 of 5 points" in text_of(cells[2])
    assert "5 of 9 points" in text_of(cells[3])
    page = cells[2].outputs[0].data["text/html"]
    assert "mlsys-check" in page
    assert "<strong>01.1</strong> Add two lists <code>add</code>" in page
    assert not (root / "work").exists(), "a copy elsewhere is nobody's progress"


def test_check_of_an_unknown_task_is_one_plain_line(unit: Unit, kernel: Any):
    ensure_desk(unit)
    with pytest.raises(notebooks.cell_error()) as caught:
        kernel(unit.desk, "%check 99.1")
    assert "unknown unit '99'" in str(caught.value)
    assert "Traceback (most" not in str(caught.value)

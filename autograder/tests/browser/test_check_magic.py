"""`%check` in a real JupyterLab: a line that counts the seconds, and then the table in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.core.units import Unit
from autograder.release.desk import ensure_desk
from autograder.tests import needs, notebooks
from autograder.tests.browser.jupyterlab import session
from autograder.tests.mini import make_course_with_tools

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(600)]

OUTPUT = ".jp-NotebookPanel .jp-OutputArea-output"


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    """A desk whose `add` never ends, with a limit of 4 seconds, and a notebook that checks it."""
    unit = Unit("01_tiny", make_course_with_tools(tmp_path))
    unit.manifest.write_text(unit.manifest.read_text().replace("wall_seconds = 20", "wall_seconds = 4"))
    ensure_desk(unit)
    path = unit.desk / "ops.py"
    path.write_text(path.read_text().replace("raise NotImplementedError(", "while True: str("))
    notebook = notebooks.new("%load_ext autograder.notebook", "%check add", "%check 01.2")
    notebooks.write(notebook, unit.desk / unit.lab.name)
    return unit


def test_check_counts_the_seconds_and_ends_in_a_table(unit: Unit, tmp_path: Path):
    browser = needs.need_browser()
    needs.need_sandbox()
    with session(unit, browser, tmp_path / "home") as here:
        here.menu("Run", "Run All Cells")
        line = here.page.locator(OUTPUT, has_text="now 01.1 add: sums, 2 s (limit 4 s)")
        line.wait_for(timeout=60_000)
        assert len(line.inner_text().strip().splitlines()) == 1
        here.page.locator(OUTPUT, has_text="write _scale (fast.py, line ").wait_for(timeout=60_000)
        table = here.page.locator(OUTPUT, has_text="no answer within the limit of 4 s").first
        words = " ".join(table.inner_text().split())
        assert "took longer than the time limit" in words
        assert "what to do look for a loop that never ends" in words
        assert words.count("no answer within the limit of 4 s") == 1, "two checks, one cause"
        assert "in add" in words
        cell = table.locator("td").first
        assert cell.evaluate("element => getComputedStyle(element).textAlign") == "left"
        assert here.page.locator(OUTPUT, has_text="now 01.1 add").count() == 0, "the table took its place"
        here.page.keyboard.press("Control+s")
        here.page.wait_for_timeout(2000)
        assert here.errors() == []
        assert [len(cell["outputs"]) for cell in here.code_cells()] == [0, 1, 1]

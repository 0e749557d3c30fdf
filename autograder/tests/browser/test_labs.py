"""Each lab as a student meets it: in a real JupyterLab, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.core.manifest import unit_manifest
from autograder.core.units import Unit, course_root
from autograder.lab.workspace import opened
from autograder.release.desk import ensure_desk
from autograder.release.starters import solved_files
from autograder.tests import needs
from autograder.tests.browser.jupyterlab import Session, session
from autograder.tests.tree import copy_tree, one_in_default, unit_in, units_with_lab

LABS = units_with_lab()
PICTURES = course_root() / "build" / "browser"
CHECK_TABLE = ".jp-NotebookPanel .mlsys-check table"
ROOFLINE = ".jp-NotebookPanel .jp-OutputArea img[alt*='roofline' i]"

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(1800)]


@pytest.fixture(params=one_in_default(LABS))
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Unit:
    """The unit in a copy of the course, so that nobody's desk is touched."""
    return unit_in(copy_tree(tmp_path / "course"), request.param)


def photograph(here: Session, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    here.page.screenshot(path=PICTURES / f"{name}.png")


def messages(here: Session) -> list[str]:
    return [f"{error['ename']}: {error['evalue']}" for error in here.errors()]


def nothing_outside(home: Path) -> None:
    """The lab may write into the repository alone."""
    assert [str(path.relative_to(home)) for path in home.rglob("*")] == []


def test_a_solved_desk_runs_to_the_end(unit: Unit, tmp_path: Path):
    browser = needs.need_browser()
    needs.need_sandbox()
    ensure_desk(unit)
    for name, content in solved_files(unit).items():
        (unit.desk / name).write_bytes(content)
    with session(unit, browser, tmp_path / "home") as here:
        photograph(here, f"{unit.slug}-opened")
        assert here.dialogs == []
        tabs = here.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tabLabel").all_inner_texts()
        assert tabs == [unit.lab.name, *opened(unit_manifest(unit).modules)]
        assert here.page.locator(".jp-FileEditor:visible").count() == 1
        here.run_all(seconds=1200)
        photograph(here, f"{unit.slug}-end")
        assert here.dialogs == []
        assert (messages(here), here.unrun()) == ([], [])
        assert (
            here.page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count()
            == 0
        )
        assert here.scroll_to(CHECK_TABLE)
        photograph(here, f"{unit.slug}-check")
        if unit.number == "01":
            assert here.scroll_to(ROOFLINE)
            photograph(here, f"{unit.slug}-roofline")
            size = here.page.locator(ROOFLINE).first.evaluate(
                "image => [image.naturalWidth, image.clientWidth]"
            )
            assert min(size) > 300
    assert here.requests == []
    nothing_outside(tmp_path / "home")


@pytest.mark.exhaustive
def test_a_fresh_desk_stops_at_the_first_task_with_one_sentence(unit: Unit, tmp_path: Path):
    browser = needs.need_browser()
    first = unit_manifest(unit).tasks[0]
    with session(unit, browser, tmp_path / "home") as here:
        assert here.dialogs == []
        here.run_all(seconds=600)
        assert here.dialogs == []
        [error] = here.errors()
        sentence = f"Task {first.id} {first.function} is not written yet: open {first.module}"
        assert here.scroll_to(f".jp-NotebookPanel .jp-OutputArea-output:has-text('{sentence}')")
        photograph(here, f"{unit.slug}-starter")
        shown = here.page.locator(".jp-NotebookPanel .jp-OutputArea-output", has_text=sentence)
        assert error["ename"] == "NotImplementedError"
        assert "Traceback" not in shown.inner_text()
        assert len(shown.inner_text().strip().splitlines()) == 1
    assert {path.name for path in unit.root.joinpath("work").iterdir()} <= {
        unit.slug,
        ".jupyter",
        ".progress",
    }
    nothing_outside(tmp_path / "home")

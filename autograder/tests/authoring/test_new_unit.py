"""`./mlsys new-unit` in a copy of the course: what it makes passes every test that a finished unit has to pass."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.proof import read_proof
from autograder.authoring.proof_pages import page_problems
from autograder.authoring.proof_state import proof_state
from autograder.authoring.prove import verify
from autograder.core.manifest import unit_manifest
from autograder.core.units import Unit, find_units
from autograder.release.desk import ensure_desk
from autograder.release.starters import check_drift, solved_files
from autograder.tests import notebooks
from autograder.tests.needs import need_sandbox
from autograder.tests.new_unit_frame import make_frame
from autograder.tests.tree import environment, mlsys


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    """The unit that the command made in a course without any other; for reading alone."""
    root = make_frame(tmp_path_factory.mktemp("new") / "course")
    done = mlsys(root, "new-unit", "17", "ring_buffer", "--title", "Ring buffers: what's left")
    assert done.returncode == 0, done.stderr
    assert "17_ring_buffer: complete\n" in done.stdout
    assert "./mlsys test -k ring_buffer" in done.stdout
    return Unit("17_ring_buffer", root)


@pytest.fixture
def unit(made: Unit, tmp_path: Path) -> Unit:
    """The same, for writing."""
    return Unit(made.slug, Path(shutil.copytree(made.root, tmp_path / "course")))


def tool(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=root, env=environment(root), capture_output=True, text=True
    )


def run(root: Path, *command: str) -> str:
    """What a tool prints when it is not content; "" when it is."""
    done = tool(root, *command)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_every_part_is_there_and_the_starters_are_the_reference_s(made: Unit):
    assert find_units(made.root) == [made]
    assert {name: path.exists() for name, path in made.parts().items() if not path.exists()} == {}
    assert check_drift(made) == []
    assert unit_manifest(made).points == 100
    assert list((made.root / "build").rglob("*")) == [made.root / "build/new-unit"]


def test_ruff_has_no_complaint(made: Unit):
    assert run(made.root, "ruff", "check", "--no-cache", ".") == ""
    assert run(made.root, "ruff", "format", "--no-cache", "--check", ".") == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["a", *(pytest.param(name, marks=pytest.mark.exhaustive) for name in ("zz9", "m" + 11 * "_n" + "o"))],
)
def test_neither_the_length_of_a_name_nor_its_place_in_the_alphabet_matters(tmp_path: Path, name: str):
    """Both decide where lines break and how imports are sorted."""
    root = make_frame(tmp_path / "course")
    done = mlsys(root, "new-unit", "00", name)
    assert done.returncode == 0, done.stderr
    assert run(root, "ruff", "check", "--no-cache", ".") == ""
    assert run(root, "ruff", "format", "--no-cache", "--check", ".") == ""
    assert check_drift(Unit(f"00_{name}", root)) == []


@pytest.mark.exhaustive  # the type checker once more, ten seconds
def test_the_types_are_right(made: Unit):
    parts = [made.reference, made.reference_tests, made.bench, made.checks]
    paths = [str(path.relative_to(made.root)) for path in parts]
    # The exit code only says that the copy has no .venv.
    done = tool(made.root, "basedpyright", "--pythonpath", sys.executable, *paths)
    assert "0 errors, 0 warnings, 0 notes" in done.stdout, done.stdout


@pytest.mark.slow
def test_the_tests_of_the_course_pass(made: Unit):
    """Those that look at every unit's parts, pages, proof and notebook, and the unit's own."""
    files = ["test_house_rules.py", "test_proofs.py", "release/test_students_pages.py"]
    tests = [f"autograder/tests/{name}" for name in files]
    options = ["-q", "-p", "no:cacheprovider", "-m", "not slow", "-k", made.name]
    assert run(made.root, "pytest", *options, *tests, str(made.reference_tests)) == ""


@pytest.mark.slow
def test_the_proof_is_made_with_the_unit_and_shown(made: Unit):
    need_sandbox()
    assert verify(made) == ([], [])
    assert page_problems(made) == []
    proof = read_proof(made)
    points = {name: (row.points, row.of) for name, row in proof.items()}
    assert (points["starter"], points["reference"]) == ((0, 100), (100, 100))
    manifest = unit_manifest(made)
    wrong = [row.case for row in proof_state(made).rows if row.case.wrong is not None]
    for task in manifest.tasks:
        assert sum(bool(case.expected & task.checks.keys()) for case in wrong) >= 2
    assert {name for case in wrong for name in proof[case.name].lost} == manifest.checks.keys()


def test_the_readme_has_the_unit_in_both_tables(made: Unit):
    readme = (made.root / "README.md").read_text()
    row = "| 17 | Ring buffers: what's left | WRITE: what you build | [slides](slides/17_ring_"
    assert readme.count(row) == 1
    assert readme.count("| [17_ring_buffer](autograder/checks/17_ring_buffer/README.md) | 2 | 6 | ") == 1


def run_lab(unit: Unit, solved: bool, monkeypatch: pytest.MonkeyPatch, home: Path) -> Any:
    ensure_desk(unit)
    for name, content in solved_files(unit).items() if solved else ():
        (unit.desk / name).write_bytes(content)
    monkeypatch.setenv("PYTHONPATH", str(unit.root))
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    notebook = notebooks.read(unit.desk / unit.lab.name)
    notebooks.execute(notebook, unit.desk, seconds=300)
    return notebook


@pytest.mark.slow
def test_the_lab_runs_on_the_solution_to_its_end(unit: Unit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    need_sandbox()
    notebook = run_lab(unit, True, monkeypatch, tmp_path)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    told = "".join(output.get("data", {}).get("text/plain", "") for output in outputs)
    assert "40 of 40 points" in told
    assert "60 of 60 points" in told
    assert "<img" in outputs[-1].data["text/html"], "it ends with the comparison"


@pytest.mark.slow
def test_the_lab_stops_at_the_first_task_of_the_starter(
    unit: Unit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    with pytest.raises(notebooks.cell_error()) as caught:
        run_lab(unit, False, monkeypatch, tmp_path)
    assert "Task 17.1 moving_sum is not written yet: open direct.py, write _moving_sum" in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_the_slides_are_twelve_and_their_notes_say_what_to_write(made: Unit):
    slides = re.split(r"^---$", made.slides.read_text().partition("\n---\n")[2], flags=re.MULTILINE)
    assert len(slides) == 12
    for slide in slides:
        notes = re.findall(r"<!--\n(.+?)-->", slide, re.DOTALL)
        assert len(notes) == 1
        assert re.search(r"\b(?:WRITE|Write)\b", notes[0]), slide
    assert "Unit 17: Ring buffers: what's left" in made.slides.read_text()


def test_the_bench_measures(made: Unit):
    done = mlsys(made.root, "bench", "17", "--quick")
    assert done.returncode == 0, done.stderr
    assert '"unit": "ring_buffer"' in done.stdout


@pytest.mark.slow
def test_students_get_the_unit_without_its_solution(made: Unit, tmp_path: Path):
    done = mlsys(made.root, "release", "--unit", "17", "--out", str(tmp_path / "week"))
    assert done.returncode == 0, done.stderr
    files = [path.relative_to(tmp_path / "week").as_posix() for path in (tmp_path / "week").rglob("*")]
    assert not [name for name in files if "ring_buffer" in name and name.startswith("reference/")]
    assert not [name for name in files if "unit_template" in name]
    done = mlsys(tmp_path / "week", "new-unit", "18", "other")
    assert done.returncode == 2
    assert "does not work here: it needs the whole course" in done.stderr

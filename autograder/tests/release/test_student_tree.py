"""The student tree: everything of the week, nothing of the answers, and the desk is left alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.core.manifest import load_manifest, unit_manifest
from autograder.core.units import CourseError, Unit, find_units
from autograder.release.public_checks import hidden_file
from autograder.release.starters import ReleaseError, write_starters
from autograder.release.student_tree import MARKER, student_tree
from autograder.tests.tree import mlsys, one_in_default

EXPECTED = [
    ".github/workflows/check.yml",
    ".gitignore",
    ".mlsys-release.json",
    "AGENTS.md",
    "LICENSE",
    "README.md",
    "assignments/01_tiny/README.md",
    "assignments/01_tiny/assignment.toml",
    "assignments/01_tiny/fast.py",
    "assignments/01_tiny/ops.py",
    "assignments/01_tiny/shapes.py",
    "autograder/__init__.py",
    "autograder/checks/01_tiny/harness.py",
    "autograder/checks/01_tiny/test_tiny.py",
    "autograder/cli.py",
    "constraints.txt",
    "datasets/README.md",
    "labs/00_first.ipynb",
    "labs/01_tiny.ipynb",
    "mlsys",
    "pyproject.toml",
    "reference/__init__.py",
    "reference/benchmarks/first/bench.py",
    "reference/benchmarks/records/tiny.json",
    "reference/benchmarks/report.py",
    "reference/first/__init__.py",
    "reference/shared/timing/stopwatch.py",
    "reference/tests/first/test_first.py",
    "reference/tests/shared/test_shared.py",
    "slides/00_first.md",
    "slides/01_tiny.md",
    "slides/figures/00_first.svg",
    "slides/figures/01_tiny.svg",
    "slides/theme.css",
    "work/01_tiny/01_tiny.ipynb",
    "work/01_tiny/fast.py",
    "work/01_tiny/ops.py",
    "work/01_tiny/shapes.py",
]


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_tree_holds_the_week_and_no_more(unit: Unit, tmp_path: Path):
    to = tmp_path / "week"
    student_tree(unit, to)
    assert listing(to) == sorted(EXPECTED)
    assert os.access(to / "mlsys", os.X_OK)


def test_the_pages_for_students_and_their_assistants(unit: Unit, tmp_path: Path):
    to = tmp_path / "week"
    student_tree(unit, to)
    readme, agents = (to / "README.md").read_text(), (to / "AGENTS.md").read_text()
    assert "People grade 3 more: Your explanation (3)." in readme
    assert "`work/01_tiny/` (`ops.py`, `fast.py`)" in agents
    assert "Do not write the graded code" in agents
    assert "hint" in agents
    workflow = (to / ".github/workflows/check.yml").read_text()
    assert "./mlsys check 01 --html check.html --markdown check.md" in workflow
    assert '"$GITHUB_STEP_SUMMARY"' in workflow
    assert "kernel.apparmor_restrict_unprivileged_userns=0" in workflow
    assert "branches-ignore: [feedback]" in workflow
    for text in (readme, agents, workflow):
        assert not re.search(r"@[A-Z]+@", text)
    manifest = load_manifest(to / "assignments/01_tiny/assignment.toml")
    assert [part.criteria for part in manifest.manual] == [
        part.criteria for part in unit_manifest(unit).manual
    ]


def test_no_answer_and_no_hidden_check_leaves(unit: Unit, tmp_path: Path):
    to = tmp_path / "week"
    student_tree(unit, to)
    text = "\n".join(path.read_text() for path in to.rglob("*") if path.is_file())
    assert "_only_for_add(pair) for pair" not in text
    assert "a[i] * factor" not in text
    assert "hidden_zeros" not in text
    assert "secret comment" not in text
    assert "subtracts where it should" not in text
    assert "pytest.mark.hidden" not in text
    assert "test_scale_multiplies" in text
    assert "def numbers(rng, n)" in text, "helpers of the checks stay"


def test_the_points_of_hidden_checks_are_named(unit: Unit, tmp_path: Path):
    to = tmp_path / "week"
    student_tree(unit, to)
    manifest = load_manifest(to / "assignments/01_tiny/assignment.toml")
    assert (manifest.points, manifest.hidden_points) == (9, 3)
    assert manifest.task("01.2").public_points == 1
    assert list(manifest.task("01.2").checks) == ["test_scale_multiplies"]
    readme = (to / "README.md").read_text()
    assert "give 6 of the 9 points" in readme
    assert "Hidden checks, which your instructor runs, give the other 3" in readme
    assert "@" not in readme, "a word of the template was not filled in"


def test_work_is_tracked_in_a_students_repository(unit: Unit, tmp_path: Path):
    to = tmp_path / "week"
    student_tree(unit, to)
    subprocess.run(["git", "init", "-q", str(to)], check=True)
    tracked = subprocess.run(
        ["git", "-C", str(to), "ls-files", "-o", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "work/01_tiny/ops.py" in tracked
    assert not any(path.startswith("work/.progress") for path in tracked)


def test_a_second_release_replaces_the_first_but_not_the_desk(unit: Unit, tmp_path: Path):
    to = tmp_path / "week"
    student_tree(unit, to)
    (to / "work/01_tiny/ops.py").write_text("mine")
    (to / "work/notes.txt").write_text("mine, too")
    (to / "labs/01_tiny.ipynb").write_text("spoilt")
    (to / "slides/theme.css").write_text("edited by the student")
    (unit.root / "slides/theme.css").unlink()
    (unit.root / "labs/00_first.ipynb").unlink()
    student_tree(unit, to)
    assert (to / "work/01_tiny/ops.py").read_text() == "mine"
    assert (to / "work/notes.txt").read_text() == "mine, too"
    assert (to / "labs/01_tiny.ipynb").read_text() == unit.lab.read_text()
    assert not (to / "labs/00_first.ipynb").exists(), "no longer part of the release"
    assert (to / "slides/theme.css").exists(), "edited: left where it is"


def test_an_interrupted_release_can_be_run_again(unit: Unit, tmp_path: Path):
    to = tmp_path / "week"
    student_tree(unit, to)
    for path in ("labs/01_tiny.ipynb", "reference/shared/timing/stopwatch.py", "work/01_tiny/fast.py"):
        (to / path).unlink()
    student_tree(unit, to)
    assert listing(to) == sorted(EXPECTED)


def test_an_empty_repository_is_a_fine_target(unit: Unit, tmp_path: Path):
    subprocess.run(["git", "init", "-q", str(tmp_path / "week")], check=True)
    student_tree(unit, tmp_path / "week")
    assert (tmp_path / "week/mlsys").exists()


def test_other_folders_are_refused(unit: Unit, tmp_path: Path):
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.tex").write_text("years of work")
    with pytest.raises(CourseError, match="has other files"):
        student_tree(unit, full)
    assert listing(full) == ["thesis.tex"]
    with pytest.raises(CourseError, match="is a file"):
        student_tree(unit, full / "thesis.tex")
    for place in (unit.root, unit.root.parent):
        with pytest.raises(CourseError, match="the course itself is there"):
            student_tree(unit, place)
    (full / MARKER).write_text("{")
    with pytest.raises(CourseError, match="cannot read"):
        student_tree(unit, full)
    (full / MARKER).write_text(json.dumps({"schema": "other", "files": {}}))
    with pytest.raises(CourseError, match="cannot read"):
        student_tree(unit, full)


def test_a_marker_cannot_make_a_release_delete_elsewhere(unit: Unit, tmp_path: Path):
    to, outside = tmp_path / "week", tmp_path / "outside.txt"
    student_tree(unit, to)
    outside.write_text("keep")
    marker = json.loads((to / MARKER).read_text())
    marker["files"] |= {"../outside.txt": "", "work/01_tiny/ops.py": ""}
    (to / MARKER).write_text(json.dumps(marker))
    student_tree(unit, to)
    assert outside.exists()
    assert (to / "work/01_tiny/ops.py").exists()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("reference/shared/timing/stopwatch.py", "from reference.tiny.ops import add\n"),
        ("reference/first/__init__.py", "import reference.later\n"),
        ("autograder/cli.py", "def f():\n    from reference.tiny import ops\n"),
    ],
)
def test_what_would_not_import_is_an_error(unit: Unit, tmp_path: Path, path: str, text: str):
    (unit.root / path).write_text(text)
    with pytest.raises(ReleaseError, match=f"{path} imports reference"):
        student_tree(unit, tmp_path / "week")


def test_a_lab_that_imports_the_answers_is_an_error(unit: Unit, tmp_path: Path):
    notebook = json.loads(unit.lab.read_text())
    notebook["cells"][0]["source"].append("\nimport reference.tiny.ops as o")
    unit.lab.write_text(json.dumps(notebook))
    with pytest.raises(ReleaseError, match=r"labs/01_tiny.ipynb imports reference.tiny.ops"):
        student_tree(unit, tmp_path / "week")


def test_files_of_hidden_tests_alone_stay_behind(unit: Unit, tmp_path: Path):
    text = "import pytest\n\npytestmark = [pytest.mark.hidden]\n\n\ndef test_x(student):\n    pass\n"
    assert hidden_file(text)
    (unit.checks / "test_more.py").write_text(text)
    student_tree(unit, tmp_path / "week")
    assert not (tmp_path / "week/autograder/checks/01_tiny/test_more.py").exists()


def test_the_workflow_is_one(unit: Unit, tmp_path: Path):
    to = tmp_path / "week"
    student_tree(unit, to)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.github-workflows",
            str(to / ".github/workflows/check.yml"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "./mlsys check 01" in (to / ".github/workflows/check.yml").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("unit", one_in_default([unit for unit in find_units() if unit.manifest.exists()]))
def test_the_real_course_is_released_for_its_students(unit: Unit, tmp_path: Path):
    """The tree's own commands run, and its starters are worth nothing."""
    to = tmp_path / unit.slug
    student_tree(unit, to)
    done = mlsys(to, "check", unit.number)
    assert "Traceback" not in done.stderr
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Nothing is written yet" in done.stdout
    done = mlsys(to, "status")
    assert done.returncode == 0
    assert "not written yet" in done.stdout


def test_a_released_tree_can_be_checked_again_after_the_starters_change(unit: Unit, tmp_path: Path):
    """The desk keeps the student's file; the assignment shows the new one."""
    to = tmp_path / "week"
    student_tree(unit, to)
    path = unit.reference / "ops.py"
    path.write_text(path.read_text().replace("LIMIT = 3", "LIMIT = 9"))
    write_starters(unit)
    student_tree(unit, to)
    assert "LIMIT = 9" in (to / "assignments/01_tiny/ops.py").read_text()
    assert "LIMIT = 3" in (to / "work/01_tiny/ops.py").read_text()

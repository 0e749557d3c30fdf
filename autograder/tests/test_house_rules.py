"""The rules of the house, kept by machines: CONTRIBUTING.md says why."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.cli import COMMANDS, app
from autograder.commands.lazy import LazyCommand
from autograder.core.manifest import unit_manifest
from autograder.core.units import Unit, course_root, find_units
from autograder.release.starters import check_drift
from autograder.tests import notebooks
from autograder.tests.tree import mlsys

ROOT = course_root()
UNITS = find_units()
PROGRAMS = Path(sys.executable).parent
LONGEST = 300  # lines of a module
# Absolute paths of somebody's machine. Those of every Linux (/usr, /proc, /tmp ...) are facts, not places.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|Users|work|root|workspace|mnt)/[\w.-]+")


def tracked_files() -> list[Path]:
    """What git knows, or will know: everything that is not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def run(*command: str) -> str:
    """What a tool prints when it is not content; "" when it is."""
    done = subprocess.run(
        [str(PROGRAMS / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_ruff_has_no_complaint():
    complaint = run("ruff", "check", "--no-cache", "--output-format=concise", ".")
    assert not complaint, complaint


def test_everything_is_formatted():
    complaint = run("ruff", "format", "--no-cache", "--check", ".")
    assert not complaint, complaint


def test_every_layer_imports_only_those_below_it():
    """The contracts are in pyproject.toml; imports within functions count."""
    complaint = run("lint-imports", "--no-cache")
    assert not complaint, complaint


@pytest.mark.slow
def test_the_types_are_right(pinned_python: Path):
    """With the pinned packages only: what somebody installed beside them may not hide a missing import."""
    complaint = run("basedpyright", "--venvpath", str(pinned_python.parents[2]))
    assert not complaint, complaint


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)
def test_a_unit_has_every_part(unit: Unit):
    assert [str(path.relative_to(ROOT)) for path in unit.parts().values() if not path.exists()] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)
def test_the_starters_are_what_the_reference_gives(unit: Unit):
    assert check_drift(unit) == [], f"to fix: ./mlsys release {unit.number}"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)
def test_every_task_has_two_wrong_solutions(unit: Unit):
    wrong = "".join(path.read_text() for path in (unit.checks / "wrong").glob("*.py"))
    checks = {task.id: list(task.checks) for task in unit_manifest(unit).tasks}
    lost = re.findall(r"^# loses: (\w+)", wrong, re.MULTILINE)
    assert {id: n for id, names in checks.items() if (n := sum(lost.count(name) for name in names)) < 2} == {}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)
def test_a_notebook_is_committed_as_it_is_handed_out(unit: Unit):
    notebook = notebooks.read(unit.lab)
    assert notebook.metadata.kernelspec.name == "python3", "without it JupyterLab asks for a kernel"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    ran = [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]
    assert [cell.source[:60] for cell in ran] == [], "clear the outputs before you commit"
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")


def test_no_module_is_too_long():
    modules = [path for path in tracked_files() if path.suffix == ".py" or path.name == "mlsys"]
    lengths = {path: len(path.read_text().splitlines()) for path in modules}
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > LONGEST} == {}


def test_no_file_names_a_place_on_somebodys_machine():
    found = []
    for path in tracked_files():
        if path.suffix in {".png", ".pdf", ".svg"} or path.name.endswith("gitignore"):
            continue  # pictures; and patterns that only look like paths
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if MACHINE_PATH.search(line) and path != Path(__file__):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_nothing_is_committed_that_belongs_to_one_machine():
    folders = {".venv", "work", "build", "grades", "node_modules", "__pycache__", "raw", ".ipynb_checkpoints"}
    assert [str(path) for path in tracked_files() if folders & set(path.relative_to(ROOT).parts)] == []
    large = {str(path): size for path in tracked_files() if (size := path.stat().st_size) > 1_000_000}
    assert large == {}, "generated at run time, or not here"


def pins() -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {canonicalize_name(pin.name): pin for pin in map(Requirement, filter(str.strip, lines))}


def test_every_dependency_is_pinned_exactly():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    assert needed - set(pins()) == set()
    assert [str(pin) for pin in pins().values() if not re.fullmatch(r"==[^*]+", str(pin.specifier))] == []


@pytest.mark.slow
def test_every_package_that_a_pinned_one_needs_is_pinned_too():
    """The launcher installs the pins alone (pip --no-deps): a gap would be found by a student."""
    from importlib.metadata import PackageNotFoundError, requires

    gaps = set()
    for name in pins():
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            continue  # for other machines
        for need in map(Requirement, lines):
            inside = need.marker is None or need.marker.evaluate({"extra": ""})
            if inside and canonicalize_name(need.name) not in pins():
                gaps.add(f"{name} needs {need.name}")
    assert gaps == set()


def test_the_commands_of_the_course_are_there():
    expected = {
        "bench",
        "check",
        "doctor",
        "grade",
        "lab",
        "release",
        "reset",
        "slides",
        "status",
        "test",
        "units",
    }
    assert expected <= {command.name for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_list_of_commands_says_what_each_says_of_itself(command: LazyCommand):
    assert command.help == command.load().help.partition("\n\n")[0].rstrip()


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        app([name, "--help"], prog_name="./mlsys")
    assert ended.value.code in {0, None}
    text = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert f"Usage: ./mlsys {name}" in text
    description = text.partition("Usage:")[2].split("\n\n")[0] + text.split("─ ")[0]
    assert len(description.split()) > 8, "say what it does"
    undescribed = [line for line in text.splitlines() if re.match(r"│ +--[\w-]+ +│", line)]
    assert undescribed == []
    types = re.findall(r"<\w[^>]*>|list\[\w+\]|\bint range\b", text)
    assert types == [], "expected a metavar like FILE, got a Python type"


def test_a_wrong_command_is_one_message():
    done = mlsys(ROOT, "examine")
    assert done.returncode == 2
    assert "No such command 'examine'" in done.stderr
    assert "Traceback" not in done.stderr


# Names of the field for classes that no file uses together: of a check and a benchmark, or of two
# units.
SHARED_NAMES = {"Array", "Ladder", "Request", "Timing"}


def test_two_classes_never_share_a_name():
    places: dict[str, list[str]] = {}
    for path in [*ROOT.glob("autograder/**/*.py"), *ROOT.glob("reference/**/*.py")]:
        place = path.relative_to(ROOT).as_posix()
        if "/tests/" in place or place.startswith(
            ("autograder/checks/", "autograder/authoring/unit_template/")
        ):
            continue
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.ClassDef) and node.name not in SHARED_NAMES:
                places.setdefault(node.name, []).append(place)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}

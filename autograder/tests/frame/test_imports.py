"""What import-linter cannot see: the checks and the tests are no packages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from autograder.core.units import course_root

ROOT = course_root()
FACE = "autograder.judge.checking"  # what check authors import


def imported(path: Path) -> set[str]:
    """Every module that a file names in an import, inner ones included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def files(folder: str, *, without: str) -> list[Path]:
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if without not in path.parts]


def test_only_tests_import_tests():
    sources = [*files("autograder", without="tests"), *files("reference", without="tests")]
    assert len(sources) > 100
    found = {path.relative_to(ROOT).as_posix(): imported(path) for path in sources}
    guilty = {
        path: sorted(name for name in names if ".tests." in f"{name}.") for path, names in found.items()
    }
    assert {path: names for path, names in guilty.items() if names} == {}


@pytest.mark.parametrize("unit", sorted(path.name for path in (ROOT / "autograder/checks").glob("[0-9]*")))
def test_checks_import_one_face_of_the_judge(unit: str):
    """Their neighbours, libraries and the reference are free to them, and of the autograder this package alone."""
    for path in files(f"autograder/checks/{unit}", without="wrong"):
        ours = {name for name in imported(path) if name.split(".")[0] == "autograder"}
        assert ours <= {FACE}, f"{path.name}: expected imports of {FACE} alone, got {', '.join(sorted(ours))}"

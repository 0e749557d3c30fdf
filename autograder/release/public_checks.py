"""The public checks of a unit, for the student tree: the tests without `@pytest.mark.hidden`.

Hidden tests are removed from the files and from the manifest; the manifest keeps their points as `hidden_points`.
A helper stays if a public test needs it.
"""

from __future__ import annotations

import ast

import libcst as cst
from libcst.helpers import get_full_name_for_node

from autograder.core.manifest import Manifest, parse_manifest
from autograder.core.toml_lines import TomlLines
from autograder.core.units import CourseError, Unit
from autograder.release.source import EditError, parse, remove_functions
from autograder.release.unused import without_unused

HIDDEN = "pytest.mark.hidden"


def is_hidden(node: cst.FunctionDef | cst.ClassDef) -> bool:
    return any(get_full_name_for_node(decorator.decorator) == HIDDEN for decorator in node.decorators)


def hidden_file(text: str) -> bool:
    """True if `pytestmark` hides every test of the file."""
    for node in ast.parse(text).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        if "pytestmark" in names and isinstance(node, ast.Assign):
            return any(
                isinstance(part, ast.Attribute) and ast.unparse(part) == HIDDEN
                for part in ast.walk(node.value)
            )
    return False


def test_names(text: str) -> set[str]:
    """The test functions of a file, including those of test classes."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found.add(node.name)
    return found


def public_check_files(unit: Unit) -> tuple[dict[str, bytes], set[str]]:
    """File name -> content of the public check files; and the names of the hidden tests."""
    texts: dict[str, str] = {}
    hidden: set[str] = set()
    for path in sorted(unit.checks.glob("*.py")):
        text = path.read_bytes().decode()
        try:
            parse(text)
        except EditError as error:
            raise CourseError(f"autograder/checks/{unit.slug}/{path.name}: {error}") from None
        if not path.name.startswith("test_"):
            texts[path.name] = text
            continue
        tests = test_names(text)
        public = "" if hidden_file(text) else remove_functions(text, lambda node, _: is_hidden(node))
        hidden |= tests - (test_names(public) if public else set())
        if public and test_names(public):
            texts[path.name] = public
    return {name: text.encode() for name, text in without_unused(texts).items()}, hidden


def public_manifest(unit: Unit, manifest: Manifest, hidden: set[str]) -> str:
    """The text of the unit's `assignment.toml` without the hidden checks."""
    text = unit.manifest.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    index, lines = TomlLines(text), text.splitlines(keepends=True)
    for place, task in enumerate(manifest.tasks):
        gone = {name: points for name, points in task.checks.items() if name in hidden}
        if not gone:
            continue
        for name in gone:
            line = index.lines.get(("task", place, "checks", name))
            if line is None:
                raise CourseError(
                    f"assignments/{unit.slug}/assignment.toml:{index['task', place, 'checks']}: expected "
                    f"a line of its own for the hidden check {name}"
                )
            lines[line - 1] = ""
        line = index["task", place, "points"]
        lines[line - 1] += (
            f"hidden_points = {sum(gone.values())}  # given by checks that your instructor runs\n"
        )
    public = "".join(lines)
    parse_manifest(public, f"the student's assignments/{unit.slug}/assignment.toml", folder=unit.slug)
    return public

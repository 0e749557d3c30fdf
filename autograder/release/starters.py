"""Generate the starters, `assignments/NN_slug/*.py`, from the reference. They are committed, and never edited.

The manifest names the bodies that students write. Everything else in a module is handed out unchanged.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Container, Iterable
from pathlib import Path

from autograder.core.files import write_atomic
from autograder.core.manifest import Manifest, Task, unit_manifest
from autograder.core.units import CourseError, Unit
from autograder.release.bodies import empty_bodies, strip_markers
from autograder.release.imports import rewrite_imports
from autograder.release.source import EditError, functions, parse, remove_functions

DIFF_LINES = 12  # of each drifted file


class ReleaseError(CourseError):
    """A contradiction between the reference and the manifest; the message names the file and the line."""


def starter_files(unit: Unit) -> dict[str, bytes]:
    """File name -> content of the starters: the modules with emptied bodies, and the given files.

    Raises ReleaseError if a module, a body or a helper of the manifest is missing in the reference.
    """
    manifest = unit_manifest(unit)
    return {
        **{name: starter(unit, manifest, name).encode() for name in manifest.modules},
        **{name: solved(unit, manifest, name).encode() for name in manifest.given},
    }


def solved_files(unit: Unit, *, marks: bool = False) -> dict[str, bytes]:
    """File name -> content of a complete solution, and of the given files.

    marks: keep `# BEGIN SOLUTION` and `# END SOLUTION`, which no student sees.
    """
    manifest = unit_manifest(unit)
    names = (*manifest.modules, *manifest.given)
    return {name: solved(unit, manifest, name, marks=marks).encode() for name in names}


def reference_text(unit: Unit, name: str) -> str:
    path = unit.reference / name
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        where = f"assignments/{unit.slug}/assignment.toml"
        raise ReleaseError(
            f"{where} names {name}\n  expected: the file reference/{unit.name}/{name}\n  got: no such file"
        ) from None


def for_the_desk(unit: Unit, manifest: Manifest, text: str) -> str:
    files = {name.removesuffix(".py") for name in (*manifest.modules, *manifest.given)}
    return rewrite_imports(text, f"reference.{unit.name}", files)


def solved(unit: Unit, manifest: Manifest, name: str, *, marks: bool = False) -> str:
    text = reference_text(unit, name)
    try:
        return for_the_desk(unit, manifest, text if marks else strip_markers(text))
    except EditError as error:
        raise ReleaseError(f"reference/{unit.name}/{name}: {error}") from None


def starter(unit: Unit, manifest: Manifest, name: str) -> str:
    tasks = [task for task in manifest.tasks if task.module == name]
    text = reference_text(unit, name)
    try:
        parse(text)
        known = functions(text)
        for task in tasks:
            for body in (task.function, *task.asked):
                if body not in known:
                    found = ", ".join(known) or "no function"
                    raise ReleaseError(
                        f"assignments/{unit.slug}/assignment.toml: task {task.id} names {body!r}, "
                        f"which is not in reference/{unit.name}/{name}\n  expected: one of {found}"
                    )
        messages = {body: message(task, body, text) for task in tasks for body in task.asked}
        text = without_helpers(empty_bodies(text, messages), tasks)
        return for_the_desk(unit, manifest, text)
    except EditError as error:
        raise ReleaseError(f"reference/{unit.name}/{name}: {error}") from None


def message(task: Task, body: str, text: str) -> str:
    """The message of the emptied body: "01.3 numba_loops: <the first line of the docstring>"."""
    docs = docstrings(text)
    about = docs.get(body) or docs.get(task.function) or task.title
    name = task.function if len(task.asked) == 1 or body == task.function else f"{task.function} ({body})"
    return f"{task.id} {name}: {about}"


def docstrings(text: str) -> dict[str, str]:
    """The first line of each function's docstring, methods as "Class.method"."""
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        inner = (
            [(f"{node.name}.", each) for each in node.body]
            if isinstance(node, ast.ClassDef)
            else [("", node)]
        )
        for prefix, each in inner:
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found[prefix + each.name] = (ast.get_docstring(each) or "").partition("\n")[0]
    return found


def without_helpers(text: str, tasks: Iterable[Task]) -> str:
    helpers = {name: task for task in tasks for name in task.remove}
    removed: set[str] = set()

    def doomed(node: object, name: str) -> bool:
        del node
        if name in helpers:
            removed.add(name)
        return name in helpers

    text = remove_functions(text, doomed) if helpers else text
    for name in helpers.keys() - removed:
        raise EditError(
            f"task {helpers[name].id} removes {name!r}: expected a function or class of this file, got none"
        )
    return text


def write_starters(unit: Unit) -> list[str]:
    """Update the committed starters, and remove stale ones; returns the names of the changed files."""
    wanted = starter_files(unit)
    changed = []
    for name, content in wanted.items():
        path = unit.assignment / name
        if not path.exists() or path.read_bytes() != content:
            write_atomic(path, content)
            changed.append(name)
    for path in stale_files(unit, wanted):
        path.unlink()
        changed.append(f"{path.name} (removed)")
    return changed


def stale_files(unit: Unit, wanted: Container[str]) -> list[Path]:
    return [path for path in sorted(unit.assignment.glob("*.py")) if path.name not in wanted]


def check_drift(unit: Unit) -> list[str]:
    """One message for each starter that differs from the reference; [] if none does."""
    wanted = starter_files(unit)
    fix = f"  to fix: ./mlsys release {unit.number}"
    messages = []
    for name, content in wanted.items():
        path = unit.assignment / name
        title = f"assignments/{unit.slug}/{name}"
        if not path.exists():
            messages.append(f"{title}: missing\n{fix}")
        elif (found := path.read_bytes()) != content:
            diff = difflib.unified_diff(
                found.decode(errors="replace").splitlines(),
                content.decode().splitlines(),
                "committed",
                "from the reference",
                n=1,
                lineterm="",
            )
            lines = list(diff)
            more = [f"... {len(lines) - DIFF_LINES} more lines"] if len(lines) > DIFF_LINES else []
            shown = "\n".join(f"  {line}" for line in lines[:DIFF_LINES] + more)
            messages.append(f"{title}: differs from the reference\n{shown}\n{fix}")
    for path in stale_files(unit, wanted):
        messages.append(f"assignments/{unit.slug}/{path.name}: no longer in the manifest\n{fix}")
    return messages

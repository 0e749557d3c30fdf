"""No week's student tree has a file of a later unit, or the body of a task of this week or a later one."""

from __future__ import annotations

import functools
import itertools
import json

import pytest

from autograder.core.units import Unit, course_root, find_units
from autograder.release.public_checks import public_check_files
from autograder.release.starters import solved_files
from autograder.release.tree_content import tree_files
from autograder.tests.release.task_bodies import (
    Body,
    Search,
    alike_in,
    function_bodies,
    has_loop,
    shape,
    size,
    task_bodies,
)

UNITS = [unit for unit in find_units(course_root()) if unit.manifest.exists()]
LEAST_HIDDEN = 40  # nodes of a hidden check: shorter ones call one helper, and look like public ones

by_week = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)


@functools.cache
def tree(unit: Unit) -> dict[str, bytes]:
    return {path: file.content for path, file in tree_files(unit).items()}


@functools.cache
def bodies(unit: Unit) -> list[Body]:
    return list(task_bodies(unit))


@functools.cache
def hidden_bodies(unit: Unit) -> list[Body]:
    """The bodies of hidden tests, and of the helpers that only they use, where they are long enough."""
    public, found = public_check_files(unit)[0], []
    for path in unit.checks.glob("*.py"):
        kept = function_bodies(public[path.name].decode()) if path.name in public else {}
        for name, statements in function_bodies(path.read_text(encoding="utf-8")).items():
            if name not in kept and size(statements)[1] >= LEAST_HIDDEN:
                found.append(Body(f"hidden {name}", size(statements), shape(statements), loops=False))
    return found


@functools.cache
def search() -> Search:
    """One search for the bodies of all units, so that a file that several weeks get is read once."""
    return Search([*itertools.chain(*map(bodies, UNITS)), *itertools.chain(*map(hidden_bodies, UNITS))])


def shown(unit: Unit) -> set[tuple[str, int, str]]:
    """What the tree of the week shows of this week's tasks, of later ones, and of hidden checks."""
    found = search().found_in(tree(unit))
    return {(path, line, task) for path, line, task in found if task[:2] >= unit.number}


@by_week
def test_no_file_belongs_to_a_later_unit(unit: Unit):
    later = [each for each in UNITS if each.number > unit.number]
    names = [name for each in later for name in (each.name, each.slug, f"{each.number}_")]
    found = [path for path in tree(unit) for part in path.split("/") if part.startswith(tuple(names))]
    assert found == []


@by_week
def test_no_file_is_of_this_weeks_solution_or_its_tests(unit: Unit):
    folders = (f"reference/{unit.name}/", f"reference/tests/{unit.name}/", "autograder/tests/")
    assert [path for path in tree(unit) if path.startswith(folders) or "/wrong/" in path] == []


@pytest.mark.slow
@by_week
def test_no_file_shows_the_body_of_a_task(unit: Unit):
    assert {each for each in shown(unit) if not each[2].startswith("hidden")} == set()


@by_week
def test_no_page_shows_a_loop_that_is_nearly_that_of_a_task(unit: Unit):
    """The pages of earlier units are left out: a product of matrices is a product of matrices in any week."""
    pages = {path: content for path, content in tree(unit).items() if unit.slug in path}
    assert alike_in(pages, bodies(unit)) == set()


@pytest.mark.slow
@by_week
def test_no_file_shows_a_hidden_check(unit: Unit):
    assert hidden_bodies(unit) or not public_check_files(unit)[1]
    assert {each for each in shown(unit) if each[2].startswith("hidden")} == set()


@by_week
def test_every_solution_would_be_found(unit: Unit):
    """In the files that a student would hand in: the search is not blind for any task with a body that counts."""
    solved = {f"work/{name}": content for name, content in solved_files(unit).items()}
    found = {task for _, _, task in Search(bodies(unit)).found_in(solved)}
    assert found == {body.task for body in bodies(unit)}


BODY = """
def total(rows, factor):
    \"\"\"The sum.\"\"\"
    found = 0.0
    for row in rows:
        for number in row:
            if number > factor and row[0] != number:
                found += factor * number + row[-1]
    return found
"""
RENAMED = """
def f(x: list[list[float]], y: float) -> float:
    z: float = 0.0  # starts at nothing
    for a in x:
        for b in a:
            if b > y and a[0] != b:
                z += y * b + a[-1]
    return z
"""
NEARLY = RENAMED.replace("z += y * b + a[-1]", "c = y * b\n                z += c + a[-1]")
OTHER = """
for x in names:
    print(x, lengths[x])
    if x:
        call(x)
        call(x, 3, k=4)
        call(x.y, [1, 2])
"""


def piece(text: str) -> Body:
    statements = function_bodies(text).popitem()[1]
    return Body("09.1 total", size(statements), shape(statements), has_loop(statements))


def notebook(kind: str, source: str) -> bytes:
    return json.dumps({"cells": [{"cell_type": kind, "source": source.splitlines(keepends=True)}]}).encode()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.py", RENAMED.encode()),
        ("a.py", ("class A:" + RENAMED.replace("\n", "\n    ")).encode()),
        ("a.ipynb", notebook("code", f"%matplotlib inline\n{RENAMED}")),
        ("a.ipynb", notebook("markdown", f"Look:\n\n```python\n{RENAMED}```\n")),
        ("a.md", f"- a point:\n\n  ```\n{RENAMED}  ```\n".replace("\n", "\n  ").encode()),
        ("a.md", f"~~~py\n{RENAMED}~~~\n".encode()),
    ],
)
def test_a_renamed_body_is_found_in_every_kind_of_file(path: str, content: bytes):
    assert {(place, task) for place, _, task in Search([piece(BODY)]).found_in({path: content})} == {
        (path, "09.1 total")
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [("0.0", "1.0"), (">", "<"), ("y * b", "b * y"), ("in a:", "in x:"), ("return z", "return y")],
)
def test_another_body_is_not(old: str, new: str):
    assert old in RENAMED
    assert Search([piece(BODY)]).found_in({"a.py": RENAMED.replace(old, new).encode()}) == set()


def test_a_loop_that_is_nearly_the_same_is_found_in_pages():
    page = {"slides/09_a.md": f"```python\n{NEARLY}```\n".encode()}
    assert Search([piece(BODY)]).found_in(page) == set()
    assert {task for _, _, task in alike_in(page, [piece(BODY)])} == {"09.1 total"}
    assert alike_in({"a.md": f"```python\n{OTHER}```\n".encode()}, [piece(BODY)]) == set()

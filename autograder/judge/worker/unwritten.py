"""Find the unwritten bodies of a task: those that raise NotImplementedError with its number."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

# What an emptied body says: "01.5 divide_and_conquer (_divide): the first line of its docstring".
SAYS = re.compile(r"(\d\d\.\d+) (\w+)(?: \((.+?)\))?: ")


def unwritten(text: str | bytes, task: str) -> list[tuple[str, int]]:
    """(name, line) of each function in the source `text` whose emptied body names `task`, like "01.5"."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [(name, line) for name, line, says in emptied(tree, "") if says.startswith(f"{task} ")]


def emptied(node: ast.AST, prefix: str) -> Iterator[tuple[str, int, str]]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from emptied(each, f"{prefix}{each.name}.")
        elif prefix and isinstance(each, ast.Raise) and isinstance(each.exc, ast.Call):
            yield from said(each.exc, prefix.rstrip("."), each.lineno)
        elif isinstance(each, ast.stmt):
            yield from emptied(each, prefix)


def said(call: ast.Call, name: str, line: int) -> Iterator[tuple[str, int, str]]:
    named = isinstance(call.func, ast.Name) and call.func.id == "NotImplementedError"
    if named and call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
        yield name, line, call.args[0].value


def what_is_left(message: str, folder: Path, files: Iterable[str]) -> str:
    """The message of an emptied body, with the places of all unwritten bodies of its task in `files`:
    "01.5 divide_and_conquer: write _divide and _conquer (recursive.py, lines 85 and 98)".

    Any other message stays as it is, and so does one whose places cannot be found.
    """
    match = SAYS.match(message)
    if match is None:
        return message
    places = []
    for file in files:
        with contextlib.suppress(OSError):
            found = unwritten((folder / file).read_bytes(), match[1])
            places += [f"{listed([name for name, _ in found])} ({file}, {lines(found)})"] if found else []
    if not places:
        return message
    return f"{match[1]} {match[2]}: write {listed(places)}"


def lines(found: list[tuple[str, int]]) -> str:
    """ "line 85", "lines 85 and 98"."""
    return f"line{'s' * (len(found) > 1)} {listed([str(line) for _, line in found])}"


def listed(names: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))

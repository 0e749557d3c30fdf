"""Find the body of a task in a tree of files, however its names, comments, annotations and docstrings were changed.

Two pieces of code are the same here when their syntax trees are, with every name replaced by its order of first use.
Attributes, constants and operators count. Looked at are Python files, the code cells of notebooks, and fenced blocks
of Markdown, notebooks' text included.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autograder.core.manifest import unit_manifest
from autograder.core.units import Unit
from autograder.release.bodies import BEGIN, END
from autograder.release.starters import reference_text

LEAST_NODES = 40  # of a syntax tree: a body or a loop with fewer says too little to be anybody's answer
COMPOUND = (ast.For, ast.While, ast.If, ast.With)
MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)
FENCED = re.compile(r"^( *)(`{3,}|~{3,})[^\n]*\n(.*?)^\1\2", re.MULTILINE | re.DOTALL)

Statements = list[ast.stmt]


@dataclass(frozen=True)
class Body:
    """What a student writes for a task, or a loop or a branch of it."""

    task: str  # "01.3 _kernel"
    key: tuple[int, int]  # statements, nodes
    shape: str


def task_bodies(unit: Unit) -> Iterator[Body]:
    """Every asked-for body of a unit, and every loop and branch in it that is long enough."""
    manifest = unit_manifest(unit)
    for task in manifest.tasks:
        text = reference_text(unit, task.module)
        found = function_bodies(text)
        for name in task.asked:
            body = found[name]
            inner = [[each] for node in body for each in ast.walk(node) if isinstance(each, COMPOUND)]
            for statements in (body, *inner):
                key = size(statements)
                if key[1] >= LEAST_NODES:
                    yield Body(f"{task.id} {name}", key, shape(statements))


def function_bodies(text: str) -> dict[str, Statements]:
    """Qualified name -> the statements that a student writes: all but the docstring, or those between the markers."""
    found: dict[str, Statements] = {}
    lines = text.splitlines()
    begins = [number for number, line in enumerate(lines, 1) if line.strip() == BEGIN]
    ends = [number for number, line in enumerate(lines, 1) if line.strip() == END]

    def visit(parent: ast.AST, prefix: str) -> None:
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inside = [
                    (begin, end)
                    for begin, end in zip(begins, ends, strict=True)
                    if node.lineno < begin and end <= (node.end_lineno or 0) + 1
                ]
                body = without_docstring(node.body)
                if inside:
                    body = [
                        each
                        for each in ast.walk(node)
                        if isinstance(each, ast.stmt) and any(b < each.lineno < e for b, e in inside)
                    ]
                    nested = {child for each in body for child in ast.walk(each) if child is not each}
                    body = [each for each in body if each not in nested]
                found[prefix + node.name] = body
            elif isinstance(node, (ast.ClassDef, ast.If, ast.Try, ast.With)):
                visit(node, f"{prefix}{node.name}." if isinstance(node, ast.ClassDef) else prefix)

    visit(ast.parse(text), "")
    return found


def without_docstring(body: Statements) -> Statements:
    first = body[0] if body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if is_text and isinstance(first.value.value, str) else body


def size(statements: Statements) -> tuple[int, int]:
    """(statements, nodes), without annotations and docstrings."""
    return len(statements), sum(1 for each in statements for _ in plain_nodes(each))


def plain_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that count, in the order of the source."""
    if isinstance(node, ast.expr_context):
        return
    yield node
    for name, value in fields(node):
        children = value if isinstance(value, list) else [value]
        if name == "body" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            children = without_docstring(children)
        for child in children:
            if isinstance(child, ast.AST):
                yield from plain_nodes(child)


def fields(node: ast.AST) -> Iterator[tuple[str, object]]:
    ignored = {"annotation", "returns", "type_comment", "simple", "ctx", "kind", "type_params"}
    return ((name, value) for name, value in ast.iter_fields(node) if name not in ignored)


def shape(statements: Statements) -> str:
    """The syntax of the statements as text, with each name as the number of its first use."""
    numbers: dict[str, int] = {}
    parts = []
    for statement in statements:
        for node in plain_nodes(statement):
            own = {
                name: value
                for name, value in fields(node)
                if not isinstance(value, ast.AST | list) and value is not None
            }
            for name in ("id", "arg", "name"):
                if isinstance(own.get(name), str) and not isinstance(node, ast.keyword):
                    own[name] = numbers.setdefault(own[name], len(numbers))
            kind = "Assign" if isinstance(node, ast.AnnAssign) else type(node).__name__
            parts.append(f"{kind}{sorted(own.items())}({counts(node)})")
    return " ".join(parts)


def counts(node: ast.AST) -> str:
    """How many children each list of the node has: they tell where a loop ends."""
    lists = ((name, value) for name, value in fields(node) if isinstance(value, list))
    return ",".join(str(len(value)) for name, value in lists if name != "targets")


def sources(path: str, content: bytes) -> Iterator[str]:
    """The Python in a file: itself, a notebook's cells, fenced blocks. Blocks that are no Python are left out."""
    if path.endswith(".py"):
        yield content.decode()
    elif path.endswith(".ipynb"):
        for cell in json.loads(content)["cells"]:
            text = "".join(cell["source"])
            if cell["cell_type"] == "code":
                yield MAGIC.sub("pass", text)
            else:
                yield from fenced(text)
    elif path.endswith(".md"):
        yield from fenced(content.decode())


def fenced(text: str) -> Iterator[str]:
    return (textwrap.dedent(match[3]) for match in FENCED.finditer(text))


def statement_lists(tree: ast.AST) -> Iterator[Statements]:
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield value


def found_in(files: Mapping[str, bytes], bodies: list[Body]) -> set[tuple[str, int, str]]:
    """(file, line, task) for each place of `files` that shows one of the bodies; lines count from a block's first."""
    wanted: dict[tuple[int, int], dict[str, str]] = defaultdict(dict)
    for body in bodies:
        wanted[body.key][body.shape] = body.task
    lengths = sorted({length for length, _ in wanted})
    hits = set()
    for path, content in files.items():
        for text in sources(path, content):
            try:
                tree = ast.parse(text)
            except (SyntaxError, ValueError):
                continue
            for statements in statement_lists(tree):
                nodes = [size([each])[1] for each in statements]
                for length in lengths:
                    for start in range(len(statements) - length + 1):
                        key = length, sum(nodes[start : start + length])
                        if key in wanted:
                            run = statements[start : start + length]
                            task = wanted[key].get(shape(run))
                            if task:
                                hits.add((path, run[0].lineno, task))
    return hits

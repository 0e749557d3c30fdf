"""Find the body of a task in a tree of files, however its names, comments, annotations and docstrings were changed.

Two pieces of code are the same here when their syntax trees are, with every name replaced by its order of first use.
Attributes, constants and operators count. Two loops are alike when the kinds of their syntax nodes are, nearly all and
in the same order. Looked at are Python files, the code cells of notebooks, and fenced blocks of Markdown, notebooks'
text included.
"""

from __future__ import annotations

import ast
import itertools
import json
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from autograder.core.manifest import unit_manifest
from autograder.core.units import Unit
from autograder.release.bodies import BEGIN, END
from autograder.release.starters import reference_text

# Of a syntax tree: a body or a loop with fewer says too little. The sum of products in a row times a column has 20.
LEAST_NODES = 25
LEAST_ALIKE, ALIKE = 30, 0.8  # nodes of loops that are compared by likeness, and the share that has to match
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
    loops: bool


def task_bodies(unit: Unit) -> Iterator[Body]:
    """Every asked-for body of a unit, and every loop and branch in it that is long enough."""
    manifest = unit_manifest(unit)
    for task in manifest.tasks:
        text = reference_text(unit, task.module)
        found = function_bodies(text)
        for name in (*task.asked, *task.remove):
            body = found.get(name, [])  # what is removed may be a class
            inner: list[Statements] = [
                [each] for node in body for each in ast.walk(node) if isinstance(each, COMPOUND)
            ]
            for statements in (body, *inner):
                key = size(statements)
                if key[1] >= LEAST_NODES:
                    yield Body(f"{task.id} {name}", key, shape(statements), has_loop(statements))


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


def has_loop(statements: Statements) -> bool:
    return any(isinstance(node, ast.For | ast.While) for each in statements for node in ast.walk(each))


def without_docstring(body: Statements) -> Statements:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
    return body


def size(statements: Statements) -> tuple[int, int]:
    """(statements, nodes), without annotations and docstrings."""
    return len(statements), sum(map(nodes_of, statements))


def nodes_of(node: ast.AST) -> int:
    """How many nodes count; noted at the node, since the statements around it ask again."""
    if not hasattr(node, "nodes"):
        vars(node)["nodes"] = 1 + sum(map(nodes_of, children(node)))
    return vars(node)["nodes"]


def plain_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that count, in the order of the source."""
    yield node
    for child in children(node):
        yield from plain_nodes(child)


def children(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in fields(node):
        found = value if isinstance(value, list) else [value]
        if name == "body" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found = without_docstring(found)
        yield from (
            each for each in found if isinstance(each, ast.AST) and not isinstance(each, ast.expr_context)
        )


def fields(node: ast.AST) -> Iterator[tuple[str, Any]]:
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


def statement_lists(text: str) -> Iterator[Statements]:
    """The bodies of the module, its functions, loops and branches; nothing for a text that is no Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield value


class Search:
    """Looks for bodies in files, and reads each text once, however many trees have it."""

    def __init__(self, bodies: Iterable[Body]) -> None:
        self.wanted: dict[tuple[int, int], dict[str, str]] = defaultdict(dict)
        for body in bodies:
            self.wanted[body.key][body.shape] = body.task
        self.lengths = sorted({length for length, _ in self.wanted})
        self.known: dict[str, set[tuple[int, str]]] = {}

    def found_in(self, files: Mapping[str, bytes]) -> set[tuple[str, int, str]]:
        """(file, line, task) for each place that shows one of the bodies; lines count from a block's first."""
        hits = set()
        for path, content in files.items():
            for text in sources(path, content):
                if text not in self.known:
                    self.known[text] = set(self.places(text))
                hits |= {(path, line, task) for line, task in self.known[text]}
        return hits

    def places(self, text: str) -> Iterator[tuple[int, str]]:
        for statements in statement_lists(text):
            nodes = [size([each])[1] for each in statements]
            for length in self.lengths:
                for start in range(len(statements) - length + 1):
                    key = length, sum(nodes[start : start + length])
                    if key in self.wanted:
                        run = statements[start : start + length]
                        task = self.wanted[key].get(shape(run))
                        if task:
                            yield run[0].lineno, task


def alike_in(files: Mapping[str, bytes], bodies: list[Body]) -> set[tuple[str, int, str]]:
    """Such places of loops that are nearly the same as those of `bodies`, in Markdown and notebooks."""
    pages = {path: content for path, content in files.items() if not path.endswith(".py")}
    loops = [(kinds(body.shape), body.task) for body in bodies if body.loops and body.key[1] >= LEAST_ALIKE]
    texts = ((path, text) for path, content in pages.items() for text in sources(path, content))
    hits = set()
    for path, statements in ((path, each) for path, text in texts for each in statement_lists(text)):
        for start, end in itertools.combinations(range(len(statements) + 1), 2):
            run = statements[start:end]
            if has_loop(run) and size(run)[1] >= LEAST_ALIKE:
                found = kinds(shape(run))
                hits |= {
                    (path, run[0].lineno, task) for body, task in loops if likeness(found, body) >= ALIKE
                }
    return hits


def kinds(text: str) -> list[str]:
    """The kinds of the nodes of a shape, in order."""
    return re.findall(r"\w+(?=\[)", text)


def likeness(one: list[str], other: list[str]) -> float:
    """The share of the nodes of both that stand in the same order: 1 for the same, 0 for nothing in common."""
    if 2 * min(len(one), len(other)) < ALIKE * (len(one) + len(other)):
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()

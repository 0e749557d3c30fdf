"""Rewrite the imports of a reference module for the desk, where all files of a unit are in one folder.

`from reference.matmul_cpu.shapes import x` and `from .shapes import x` become `from shapes import x`;
`from reference.matmul_cpu import loops` becomes `import loops`. Earlier units and shared modules keep
their names: `from ..measure import best` becomes `from reference.shared.timing.stopwatch import best`.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Collection

import libcst as cst
from libcst.helpers import get_full_name_for_node

from autograder.release.source import EditError, parse


def dotted(name: str) -> cst.Attribute | cst.Name:
    node: cst.Attribute | cst.Name | None = None
    for part in name.split("."):
        node = cst.Name(part) if node is None else cst.Attribute(node, cst.Name(part))
    assert node is not None
    return node


class Rewriter(cst.CSTTransformer):
    """Rewriter of the import statements of one piece of source, whose first line is `line`."""

    def __init__(self, package: str, files: Collection[str], line: int) -> None:
        super().__init__()
        self.package = package
        self.files = files
        self.line = line

    def error(self, message: str) -> EditError:
        return EditError(f"line {self.line}: {message}")

    def on_the_desk(self, name: str) -> str | None:
        """The name of a module of the unit on the desk; None for any other module."""
        if name == self.package:
            raise self.error(f"expected an import of one file of {self.package}, got the package itself")
        if not name.startswith(f"{self.package}."):
            return None
        stem = name.removeprefix(f"{self.package}.")
        if stem not in self.files:
            listed = ", ".join(f"{file}.py" for file in sorted(self.files))
            raise self.error(f"expected an import of one of {listed} (`modules` and `given`), got {stem}")
        return stem

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import:  # noqa: N802
        del original_node
        names = []
        for alias in updated_node.names:
            full = get_full_name_for_node(alias.name) or ""
            stem = self.on_the_desk(full)
            if stem and alias.asname is None:
                advice = f"write `import {full} as {stem}` or `from {full} import ...`"
                raise self.error(f"`import {full}` cannot be rewritten: {advice}")
            names.append(alias if stem is None else self.renamed(alias, stem))
        return updated_node.with_changes(names=names)

    def renamed(self, alias: cst.ImportAlias, stem: str) -> cst.ImportAlias:
        asname = alias.asname
        if asname is not None and isinstance(asname.name, cst.Name) and asname.name.value == stem:
            asname = None  # `import reference.x.loops as loops` no longer needs an alias
        return alias.with_changes(name=cst.Name(stem), asname=asname)

    def leave_ImportFrom(  # noqa: N802
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.Import:
        del original_node
        name = (get_full_name_for_node(updated_node.module) or "") if updated_node.module else ""
        dots = len(updated_node.relative)
        if dots:
            parents = self.package.split(".")[: len(self.package.split(".")) - dots + 1]
            if not parents:
                raise self.error("expected a relative import inside `reference`, got one above it")
            name = ".".join([*parents, *([name] if name else [])])
        if name == self.package:
            return self.import_files(updated_node)
        unit = self.package.rpartition(".")
        if name == unit[0] and not isinstance(updated_node.names, cst.ImportStar):
            for alias in updated_node.names:
                self.on_the_desk(f"{name}.{get_full_name_for_node(alias.name)}")
        stem = self.on_the_desk(name)
        if stem is None and not dots:
            return updated_node
        return updated_node.with_changes(module=dotted(stem or name), relative=())

    def import_files(self, updated_node: cst.ImportFrom) -> cst.Import:
        """`from reference.unit import a, b as c` -> `import a, b as c`."""
        if isinstance(updated_node.names, cst.ImportStar):
            raise self.error(f"`from {self.package} import *` cannot be rewritten")
        names = []
        for alias in updated_node.names:
            stem = get_full_name_for_node(alias.name) or ""
            if stem not in self.files:
                advice = f"import it from the file that defines it, `from {self.package}.FILE import {stem}`"
                raise self.error(f"expected the import of a file, got {stem}: {advice}")
            names.append(alias.with_changes(comma=cst.MaybeSentinel.DEFAULT))
        return cst.Import(names=names, semicolon=updated_node.semicolon)


def rewrite_imports(source: str, package: str, files: Collection[str]) -> str:
    """`source` with its imports of `package` ("reference.matmul_cpu") made imports of the desk's files.

    files: the names of the desk's files without `.py`. Lines without imports stay as they are. Raises
    EditError, with the line, for an import that would not work there.
    """
    lines = io.StringIO(source).readlines()
    try:
        nodes = [
            node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Import, ast.ImportFrom))
        ]
    except SyntaxError as error:
        raise EditError(f"line {error.lineno or 1}: not valid Python: {error.msg}") from None
    done: set[int] = set()
    for node in sorted(nodes, key=lambda each: -each.lineno):
        first, last = node.lineno, node.end_lineno or node.lineno
        if first in done:  # a second import on the same line
            continue
        done.add(first)
        text = "".join(lines[first - 1 : last])
        indent = text[: len(text) - len(text.lstrip())]
        statement = parse(text[len(indent) :], line=first)
        lines[first - 1 : last] = [indent + statement.visit(Rewriter(package, files, first)).code]
    return "".join(lines)

"""Rewrite the imports of a reference module for the desk, where the unit's files lie side by side.

`from reference.matmul_cpu.shapes import x` and `from .shapes import x` become `from shapes import x`;
`from reference.matmul_cpu import loops` becomes `import loops`. Earlier units and shared modules keep
their names: `from ..measure import best` becomes `from reference.measure import best`.
"""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import MetadataWrapper, PositionProvider

from autograder.course.source import EditError, parse


def dotted(name: str) -> cst.Attribute | cst.Name:
    node: cst.Attribute | cst.Name | None = None
    for part in name.split("."):
        node = cst.Name(part) if node is None else cst.Attribute(node, cst.Name(part))
    assert node is not None
    return node


class Rewriter(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, package: str, files: Collection[str]) -> None:
        super().__init__()
        self.package = package
        self.files = files

    def error(self, node: cst.CSTNode, message: str) -> EditError:
        line = self.get_metadata(PositionProvider, node).start.line  # pyright: ignore[reportAttributeAccessIssue]
        return EditError(f"line {line}: {message}")

    def on_the_desk(self, name: str, node: cst.CSTNode) -> str | None:
        """The desk's name of a module of the unit; None for a module of another place."""
        if name == self.package:
            raise self.error(
                node, f"expected an import of one file of {self.package}, got the package itself"
            )
        if not name.startswith(f"{self.package}."):
            return None
        stem = name.removeprefix(f"{self.package}.")
        if stem not in self.files:
            listed = ", ".join(f"{file}.py" for file in sorted(self.files))
            raise self.error(node, f"{stem} is imported, but is not in `modules` or `given` ({listed})")
        return stem

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import:  # noqa: N802
        names = []
        for alias in updated_node.names:
            full = get_full_name_for_node(alias.name) or ""
            stem = self.on_the_desk(full, original_node)
            if stem and alias.asname is None:
                advice = f"write `import {full} as {stem}` or `from {full} import ...`"
                raise self.error(original_node, f"`import {full}` cannot be rewritten: {advice}")
            names.append(alias if stem is None else self.renamed(alias, stem))
        return updated_node.with_changes(names=names)

    def renamed(self, alias: cst.ImportAlias, stem: str) -> cst.ImportAlias:
        asname = alias.asname
        if asname is not None and isinstance(asname.name, cst.Name) and asname.name.value == stem:
            asname = None  # `import reference.x.loops as loops` needs no alias any more
        return alias.with_changes(name=cst.Name(stem), asname=asname)

    def leave_ImportFrom(  # noqa: N802
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.Import:
        name = (get_full_name_for_node(updated_node.module) or "") if updated_node.module else ""
        dots = len(updated_node.relative)
        if dots:
            parents = self.package.split(".")[: len(self.package.split(".")) - dots + 1]
            if not parents:
                raise self.error(original_node, "the relative import goes above `reference`")
            name = ".".join([*parents, *([name] if name else [])])
        if name == self.package:
            return self.import_files(original_node, updated_node)
        unit = self.package.rpartition(".")
        if name == unit[0] and not isinstance(updated_node.names, cst.ImportStar):
            for alias in updated_node.names:
                self.on_the_desk(f"{name}.{get_full_name_for_node(alias.name)}", original_node)
        stem = self.on_the_desk(name, original_node)
        if stem is None and not dots:
            return updated_node
        return updated_node.with_changes(module=dotted(stem or name), relative=())

    def import_files(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.Import:
        """`from reference.unit import a, b as c` -> `import a, b as c`."""
        if isinstance(updated_node.names, cst.ImportStar):
            raise self.error(original_node, f"`from {self.package} import *` cannot be rewritten")
        names = []
        for alias in updated_node.names:
            stem = get_full_name_for_node(alias.name) or ""
            if stem not in self.files:
                advice = f"import it from the file that defines it, `from {self.package}.FILE import {stem}`"
                raise self.error(original_node, f"{stem} is no file of the unit: {advice}")
            names.append(alias.with_changes(comma=cst.MaybeSentinel.DEFAULT))
        return cst.Import(names=names, semicolon=updated_node.semicolon)


def rewrite_imports(source: str, package: str, files: Collection[str]) -> str:
    """`source` with its imports of `package` ("reference.matmul_cpu") made imports of the desk's files.

    files: the names without `.py` that lie on the desk. Raises EditError, with the line, for an import that
    would not work there.
    """
    return MetadataWrapper(parse(source)).visit(Rewriter(package, files)).code

"""Remove the helpers of a unit's checks that only hidden tests use, directly or indirectly.

A name counts as used if it appears in used code: as a name, an attribute, a parameter (pytest finds a fixture by it),
or a whole string (a probe names its function so). This keeps too much rather than too little.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import libcst as cst

from autograder.release.source import parse, remove_functions

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def without_unused(texts: Mapping[str, str]) -> dict[str, str]:
    """File name -> text of the check files, without the functions and classes that no test needs.

    Imports of removed names are removed too, and so are files that become empty.
    """
    used = used_names(texts)

    def unused(node: object, name: str) -> bool:
        del node
        return "." not in name and name not in used  # methods stay with their class

    kept = {name: remove_functions(text, unused) for name, text in texts.items()}
    emptied = {name for name in texts if definitions(texts[name]) and not definitions(kept[name])}
    gone = {
        name.removesuffix(".py"): {*definitions(texts[name])} - {*definitions(kept[name])} for name in texts
    }
    whole = {name.removesuffix(".py") for name in emptied}
    return {name: without_imports(text, gone, whole) for name, text in kept.items() if name not in emptied}


def definitions(text: str) -> dict[str, Definition]:
    """The functions and classes at the top level of a file."""
    return {node.name: node for node in ast.parse(text).body if isinstance(node, Definition)}


def used_names(texts: Mapping[str, str]) -> set[str]:
    """The names that tests and top-level code use, directly or indirectly."""
    bodies: dict[str, list[ast.AST]] = {}
    waiting: list[ast.AST] = []
    for text in texts.values():
        for node in ast.parse(text).body:
            if isinstance(node, Definition):
                bodies.setdefault(node.name, []).append(node)
                if node.name.startswith(("test_", "Test")) or is_automatic(node):
                    waiting.append(node)
            elif not isinstance(node, ast.Import | ast.ImportFrom):
                waiting.append(node)
    used: set[str] = set()
    while waiting:
        node = waiting.pop()
        for name in {*names_in(node)} - used:
            used.add(name)
            waiting += bodies.get(name, [])
    return used


def is_automatic(node: Definition) -> bool:
    """True if pytest runs it automatically: a fixture with autouse, or a hook."""
    return node.name.startswith("pytest_") or any(
        "autouse" in ast.unparse(each) for each in node.decorator_list
    )


def names_in(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.Constant(value=str(name)):
                yield name.rpartition(":")[2]  # "recursive.py:_divide"
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


class _Importer(cst.CSTTransformer):
    def __init__(self, gone: Mapping[str, set[str]], whole: set[str]) -> None:
        super().__init__()
        self.gone, self.whole = gone, whole

    def leave_ImportFrom(  # noqa: N802
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.BaseSmallStatement | cst.RemovalSentinel:
        del original_node
        module = updated_node.module.value if isinstance(updated_node.module, cst.Name) else ""
        if module in self.whole:
            return cst.RemoveFromParent()
        if module not in self.gone or isinstance(updated_node.names, cst.ImportStar):
            return updated_node
        names = [each for each in updated_node.names if each.name.value not in self.gone[str(module)]]
        if not names:
            return cst.RemoveFromParent()
        last = names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated_node.with_changes(names=[*names[:-1], last])

    def leave_Import(  # noqa: N802
        self, original_node: cst.Import, updated_node: cst.Import
    ) -> cst.Import | cst.RemovalSentinel:
        del original_node
        names = [each for each in updated_node.names if each.name.value not in self.whole]
        if not names:
            return cst.RemoveFromParent()
        return updated_node.with_changes(
            names=[*names[:-1], names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]
        )


def without_imports(text: str, gone: Mapping[str, set[str]], whole: set[str]) -> str:
    """`text` without imports of names that were removed from another check file, and of removed files."""
    return parse(text).visit(_Importer(gone, whole)).code

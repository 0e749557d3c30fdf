"""Find, restore and remove functions in Python source, without changing any other byte.

Functions are named as in a manifest: "_kernel", or "Tree.insert" for a method.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Mapping

import libcst as cst


class EditError(Exception):
    """An edit of source that is impossible; the message says why."""


def parse(source: str, *, line: int = 1) -> cst.Module:
    """Parse the source, whose first line has the number `line`. Raises EditError with the line if it is not Python."""
    try:
        ast.parse(source)  # students know its messages
        return cst.parse_module(source)
    except SyntaxError as error:
        raise EditError(f"line {(error.lineno or 1) + line - 1}: not valid Python: {error.msg}") from None
    except cst.ParserSyntaxError as error:
        raise EditError(f"line {error.raw_line + line - 1}: not valid Python: {error.message}") from None
    except (ValueError, RecursionError) as error:
        raise EditError(f"not valid Python: {error}") from None


def functions(source: str) -> dict[str, tuple[int, int]]:
    """Every function, by its qualified name -> its first and last line (decorators included)."""
    found: dict[str, tuple[int, int]] = {}

    def visit(parent: ast.AST, prefix: str) -> None:
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                found[prefix + node.name] = (first, node.end_lineno or node.lineno)
            elif isinstance(node, ast.ClassDef):
                visit(node, f"{prefix}{node.name}.")
            elif isinstance(node, (ast.If, ast.Try, ast.With)):
                visit(node, prefix)

    visit(ast.parse(source), "")
    return found


class Editor(cst.CSTTransformer):
    """Visitor with a stack of names; nested functions are part of their outer function."""

    def __init__(self) -> None:
        self.stack: list[str] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: N802
        self.stack.append(node.name.value)
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:  # noqa: N802
        self.stack.append(node.name.value)
        return True

    def leave_ClassDef(  # noqa: N802
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.BaseStatement | cst.RemovalSentinel:
        del original_node
        name = ".".join(self.stack)
        self.stack.pop()
        return self.edit_class(name, updated_node)

    def leave_FunctionDef(  # noqa: N802
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.BaseStatement | cst.RemovalSentinel:
        del original_node
        name = ".".join(self.stack)
        self.stack.pop()
        return self.edit_function(name, updated_node)

    def edit_function(self, name: str, node: cst.FunctionDef) -> cst.BaseStatement | cst.RemovalSentinel:
        del name
        return node

    def edit_class(self, name: str, node: cst.ClassDef) -> cst.BaseStatement | cst.RemovalSentinel:
        del name
        return node


class Remover(Editor):
    def __init__(self, doomed: Callable[[cst.FunctionDef | cst.ClassDef, str], bool]) -> None:
        super().__init__()
        self.doomed = doomed

    def edit_function(self, name: str, node: cst.FunctionDef) -> cst.BaseStatement | cst.RemovalSentinel:
        return cst.RemoveFromParent() if self.doomed(node, name) else node

    def edit_class(self, name: str, node: cst.ClassDef) -> cst.BaseStatement | cst.RemovalSentinel:
        return cst.RemoveFromParent() if self.doomed(node, name) else node


def remove_functions(source: str, doomed: Callable[[cst.FunctionDef | cst.ClassDef, str], bool]) -> str:
    """The source without the functions and classes for which `doomed(node, qualified name)` is true."""
    return parse(source).visit(Remover(doomed)).code


class Replacer(Editor):
    def __init__(self, replacements: Mapping[str, cst.FunctionDef]) -> None:
        super().__init__()
        self.replacements = replacements
        self.done: set[str] = set()

    def edit_function(self, name: str, node: cst.FunctionDef) -> cst.FunctionDef:
        if name not in self.replacements:
            return node
        self.done.add(name)
        return self.replacements[name].with_changes(leading_lines=node.leading_lines)


class Collector(Editor):
    def __init__(self, names: Container[str]) -> None:
        super().__init__()
        self.names = names
        self.found: dict[str, cst.FunctionDef] = {}

    def edit_function(self, name: str, node: cst.FunctionDef) -> cst.FunctionDef:
        if name in self.names:
            self.found[name] = node
        return node


def put_back(source: str, starter: str, names: list[str]) -> str:
    """`source` with the named functions of `starter`; a deleted function is appended.

    Raises EditError if `source` is not valid Python, or a method's class is missing.
    """
    target = parse(source)
    collector = Collector(names)
    parse(starter.replace("\n", target.default_newline)).visit(collector)
    replacer = Replacer(collector.found)
    module = target.visit(replacer)
    for name, node in collector.found.items():
        if name in replacer.done:
            continue
        if "." in name:
            raise EditError(f"expected the class {name.rpartition('.')[0]!r} for {name!r}, got no such class")
        blank = [cst.EmptyLine(indent=False)] * 2
        module = module.with_changes(body=[*module.body, node.with_changes(leading_lines=blank)])
    return module.code

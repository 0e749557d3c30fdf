"""Empty the function bodies that students write, and keep everything else.

The whole body below the docstring goes. If the body has `# BEGIN SOLUTION` and `# END SOLUTION`, only the lines
between them go.
"""

from __future__ import annotations

import io
import textwrap
import tokenize
from collections.abc import Mapping

import libcst as cst

from autograder.release.source import EditError, Editor, functions, parse

WIDTH = 110  # columns of a starter's line
BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"


def raise_lines(message: str, columns: int) -> str:
    """`raise NotImplementedError("...")`, wrapped to `columns` columns."""

    def literal(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    line = f"raise NotImplementedError({literal(message)})"
    if len(line) <= columns:
        return line
    width = columns - 6  # four blanks and two quotation marks
    parts = textwrap.wrap(message, width, drop_whitespace=False)
    while any(len(literal(part)) > columns - 4 for part in parts):  # escapes take room, too
        width -= 1
        parts = textwrap.wrap(message, width, drop_whitespace=False)
    inner = "\n".join(f"    {literal(part)}" for part in parts)  # Python joins neighbouring strings
    return f"raise NotImplementedError(\n{inner}\n)"


def is_docstring(statement: cst.CSTNode) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )


class Emptier(Editor):
    def __init__(self, messages: Mapping[str, str]) -> None:
        super().__init__()
        self.messages = messages

    def edit_function(self, name: str, node: cst.FunctionDef) -> cst.FunctionDef:
        if name not in self.messages:
            return node
        old = node.body
        indent = old.indent if isinstance(old, cst.IndentedBlock) else None
        lines = raise_lines(self.messages[name], columns=WIDTH - 4 * (name.count(".") + 1))
        statement = cst.parse_statement(lines + "\n")  # libcst indents all of its lines
        kept = [s for s in old.body[:1] if is_docstring(s)] if isinstance(old, cst.IndentedBlock) else []
        header = old.header if isinstance(old, cst.IndentedBlock) else cst.TrailingWhitespace()
        return node.with_changes(
            body=cst.IndentedBlock(body=[*kept, statement], indent=indent, header=header)
        )


def solution_blocks(source: str) -> list[tuple[int, int]]:
    """The lines of each `# BEGIN SOLUTION` and its `# END SOLUTION`, counted from 1."""
    blocks: list[tuple[int, int]] = []
    begin = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or token.string.rstrip() not in {BEGIN, END}:
            continue
        line = token.start[0]
        if token.line[: token.start[1]].strip():
            raise EditError(f"line {line}: expected only {token.string} on this line, got code beside it")
        if token.string.rstrip() == BEGIN:
            if begin:
                raise EditError(f"line {line}: expected {END} for line {begin}, got a second {BEGIN}")
            begin = line
        else:
            if not begin:
                raise EditError(f"line {line}: expected {BEGIN} before {END}")
            blocks.append((begin, line))
            begin = 0
    if begin:
        raise EditError(f"line {begin}: expected {END} after this {BEGIN}, got the end of the file")
    return blocks


def strip_markers(source: str) -> str:
    """The source without its SOLUTION marker lines; the lines between them stay."""
    marks = {line for block in solution_blocks(source) for line in block}
    return "".join(
        text for number, text in enumerate(io.StringIO(source).readlines(), 1) if number not in marks
    )


def empty_bodies(source: str, messages: Mapping[str, str]) -> str:
    """Replace the body of each named function by `raise NotImplementedError(message)`.

    messages: qualified name -> message. Signature, decorators, docstring and all other text stay. A body
    with SOLUTION markers loses only the marked lines. Raises EditError for a function that does not exist,
    and for markers outside of the named functions.
    """
    parse(source)
    spans = functions(source)
    for name in messages:
        if name not in spans:
            raise EditError(f"expected a function {name!r}, got {', '.join(spans) or 'no function'}")
    lines = io.StringIO(source).readlines()
    scaffolded = set()
    for begin, end in reversed(solution_blocks(source)):
        inside = [name for name in messages if spans[name][0] < begin and end <= spans[name][1] + 1]
        if not inside:
            where = ", ".join(messages) or "a task"
            raise EditError(f"line {begin}: expected {BEGIN} inside of {where}, got it outside")
        scaffolded.add(inside[0])
        mark = lines[begin - 1]
        indent = mark[: len(mark) - len(mark.lstrip())]
        statement = raise_lines(messages[inside[0]], WIDTH - len(indent))
        lines[begin - 1 : end] = [textwrap.indent(statement, indent) + "\n"]
    text = "".join(lines)
    whole = {name: message for name, message in messages.items() if name not in scaffolded}
    return parse(text).visit(Emptier(whole)).code

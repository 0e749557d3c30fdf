"""The width of what a student reads in a starter: its docstrings and comments."""

from __future__ import annotations

import ast
from pathlib import Path

EDITOR_COLUMNS = 88


def too_wide(path: Path, columns: int = EDITOR_COLUMNS) -> list[str]:
    """'file:line' of each line of a docstring and each comment on a line of its own that is wider."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    prose = {number for number, line in enumerate(lines, 1) if line.lstrip().startswith("#")}
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            first = node.body[0]
            prose |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return [f"{path.name}:{number}" for number in sorted(prose) if len(lines[number - 1]) > columns]

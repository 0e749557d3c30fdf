"""Shorten a compiler's error to its complaint, and find the line of the file that it is about."""

from __future__ import annotations

import ast
import re
import traceback
from pathlib import Path
from typing import Any

LONGEST = 300  # characters of a complaint
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
NUMBA_PLACE = re.compile(r'File "([^"\n]+)", line (\d+)|at (/[^()\n]+\.py) \((\d+)\)')
SKIPPED = ("Failed in ", "During:", "There are ", "- Of which", "* ", "^", "File ", "<source elided>")


def of_numba(error: BaseException, folder: str, function: Any) -> tuple[str, str, int]:
    """Return (complaint, file, line) for an error of numba-cuda about `function`, a Python function in `folder`."""
    text = ADDRESS.sub("", str(error))
    lines = [line.strip() for line in text.splitlines()]
    first = next((i for i, line in enumerate(lines) if line and not line.startswith(SKIPPED)), 0)
    said = lines[first] if lines else type(error).__name__
    if said.startswith("No implementation of function"):
        asked = next((line[4:] for line in lines if line.startswith(">>> ")), "")
        said = f"{said.removesuffix(':')}: {asked}"
    reasons = [line for line in lines if re.match(r"Unsupported\w*Error: ", line)]
    if reasons:
        said = f"{said} ({reasons[0]})"
    if "set_try_status" in text:  # its lowering of `try` fails with this, and says nothing else
        said = "a kernel cannot have a try statement"
    file, line = _numba_place(error, text, folder)
    if "try statement" in said or "exception_match" in said or not file:
        file, line = _first(function, ast.Try if "try" in said or "exception" in said else None)
    return said[:LONGEST], file, line


def of_import(error: BaseException, folder: str) -> tuple[str, str, int]:
    """Return (complaint, file, line) for an error that a compiler raised before any kernel was launched."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename.startswith(folder)]
    file, line = (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)
    return " ".join(str(error).split())[:LONGEST], _name(file), line


def of_triton(error: BaseException, function: Any) -> tuple[str, str, int]:
    """Return (complaint, file, line) for an error of Triton's front end about `function`."""
    inner = error
    while isinstance(inner.__cause__, Exception):  # a call of another function is in the error of its caller
        inner = inner.__cause__
    chain, each = [], error
    while each is not None:
        chain.append(each)
        each = each.__cause__ if isinstance(each.__cause__, Exception) else None
    located = [each for each in chain if getattr(each, "node", None) is not None]
    said = str(getattr(inner, "error_message", None) or inner) or type(inner).__name__
    place = located[-1] if located else None
    source, node = getattr(place, "src", None), getattr(place, "node", None)
    file, start = _file(function), function.__code__.co_firstlineno
    line = start
    if isinstance(source, str) and node is not None:
        line = _line_of(file, source, start) + getattr(node, "lineno", 1) - 1
    return " ".join(said.split())[:LONGEST], file, line


def _line_of(file: str, source: str, otherwise: int) -> int:
    """Return the line of the file where the text of a function starts."""
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return otherwise
    at = text.find(source.rstrip())
    return text[:at].count("\n") + 1 if at >= 0 else otherwise


def _numba_place(error: BaseException, text: str, folder: str) -> tuple[str, int]:
    """Return the place of the error in the folder, from the message or the frames; ("", 0) if there is none."""
    for match in NUMBA_PLACE.finditer(text):
        name, line = next(part for part in (match[1], match[3]) if part), match[2] or match[4]
        if (Path(folder) / Path(name).name).is_file():
            return Path(name).name, int(line)
    found = "", 0
    frames = error.__traceback__
    while frames is not None:  # the innermost constraint or instruction that knows its line
        for each in ("self", "constraint", "inst", "expr"):
            loc = getattr(frames.tb_frame.f_locals.get(each), "loc", None)
            if str(getattr(loc, "filename", "")).startswith(folder) and getattr(loc, "line", None):
                found = Path(str(loc.filename)).name, int(loc.line)
        frames = frames.tb_next
    return found


def _first(function: Any, kind: type[ast.AST] | None) -> tuple[str, int]:
    """Return the first statement of a kind in the function, or the function's own line."""
    code = function.__code__
    start = code.co_firstlineno
    try:
        tree = ast.parse(Path(code.co_filename).read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return _name(code.co_filename), start
    for node in ast.walk(tree) if kind is not None else ():
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            lines = [each.lineno for each in ast.walk(node) if isinstance(each, kind)]
            if lines:
                return _name(code.co_filename), min(lines)
    return _name(code.co_filename), start


def _file(function: Any) -> str:
    return str(function.__code__.co_filename)


def _name(file: str) -> str:
    return Path(file).name

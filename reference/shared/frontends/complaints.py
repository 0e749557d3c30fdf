"""Shorten a compiler's error to its complaint, and find the line of the file that it is about."""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Complaint = tuple[str, str, int]  # what the compiler says, the name of the file, the line

LONGEST = 300  # characters of a complaint
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
NUMBA_PLACE = re.compile(r'File "([^"\n]+)", line (\d+)|at (/[^()\n]+\.py) \((\d+)\)')
SKIPPED = ("Failed in ", "During:", "There are ", "- Of which", "* ", "^", "File ", "<source elided>")
KNOWS_ITS_LINE = ("self", "constraint", "inst", "expr")  # variables of numba's compiler


def of_numba(error: BaseException, folder: str, function: Any) -> Complaint:
    """Return the complaint of numba-cuda about `function`, a Python function of a file in `folder`."""
    text = ADDRESS.sub("", str(error))
    lines = [line.strip() for line in text.splitlines()]
    said = next((line for line in lines if line and not line.startswith(SKIPPED)), type(error).__name__)
    if said.startswith("No implementation of function"):
        asked = next((line[4:] for line in lines if line.startswith(">>> ")), "")
        said = f"{said.removesuffix(':')}: {asked}"
    reason = next((line for line in lines if re.match(r"Unsupported\w*Error: ", line)), "")
    said = f"{said} ({reason})" if reason and reason not in said else said
    if "set_try_status" in text:  # its translation of `try` fails with this, and says nothing else
        said = "a kernel cannot have a try statement"
    tries = _tries(function) if "exception_match" in said or "try statement" in said else 0
    if tries:
        return said[:LONGEST], Path(function.__code__.co_filename).name, tries
    file, line = _place(error, text, folder)
    if not file:
        file, line = Path(function.__code__.co_filename).name, function.__code__.co_firstlineno
    return said[:LONGEST], file, line


def of_triton(error: BaseException, function: Any) -> Complaint:
    """Return the complaint of Triton's front end about `function` or about a function that it calls."""
    chain = [error]  # the error of a called function is the cause of its caller's
    while isinstance(chain[-1].__cause__, Exception):
        chain.append(chain[-1].__cause__)
    said = str(getattr(chain[-1], "error_message", None) or chain[-1]) or type(chain[-1]).__name__
    file, line = function.__code__.co_filename, function.__code__.co_firstlineno
    for each in reversed(chain):
        source, node = getattr(each, "src", None), getattr(each, "node", None)
        start = _line_of(file, source) if isinstance(source, str) and node is not None else 0
        if start:
            line = start + getattr(node, "lineno", 1) - 1
            break
    return " ".join(said.split())[:LONGEST], Path(file).name, line


def of_import(error: BaseException, folder: str) -> Complaint:
    """Return the complaint of a compiler that no kernel's launch has caused, but a decorator."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename.startswith(folder)]
    file, line = (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)
    return " ".join(str(error).split())[:LONGEST], Path(file).name, line


def _line_of(file: str, source: str) -> int:
    """Return the line of the file where the text of a function starts; 0 if the file does not hold it."""
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return 0
    at = text.find(source.rstrip())
    return text[:at].count("\n") + 1 if at >= 0 else 0


def _place(error: BaseException, text: str, folder: str) -> tuple[str, int]:
    """Return the place of the error in the folder, from the message or the frames; ("", 0) if there is none."""
    for match in NUMBA_PLACE.finditer(text):
        name, line = Path(match[1] or match[3]).name, match[2] or match[4]
        if (Path(folder) / name).is_file():
            return name, int(line)
    found = "", 0
    for variables in _frames(error):  # the innermost one that knows its line
        for name in KNOWS_ITS_LINE:
            loc: Any = getattr(variables.get(name), "loc", None)
            if str(getattr(loc, "filename", "")).startswith(folder) and getattr(loc, "line", None):
                found = Path(str(loc.filename)).name, int(loc.line)
    return found


def _frames(error: BaseException) -> Iterator[dict[str, Any]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_locals
        trace = trace.tb_next


def _tries(function: Any) -> int:
    """Return the line of the first try statement of the function, or 0."""
    try:
        tree = ast.parse(Path(function.__code__.co_filename).read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return 0
    first = function.__code__.co_firstlineno
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and first in (
            node.lineno,
            *(d.lineno for d in node.decorator_list),
        ):
            return min((each.lineno for each in ast.walk(node) if isinstance(each, ast.Try)), default=0)
    return 0

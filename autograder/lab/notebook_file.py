"""Look at a notebook before JupyterLab does, which says little about a file that is no notebook any more."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from autograder.core.units import CourseError

MARKS = re.compile(r"(<{7}|\|{7}|={7}|>{7})( .*)?")  # of a merge that git could not finish


def check_notebook(path: Path, root: Path, again: str) -> None:
    """Raise CourseError where `path` cannot be read as a notebook; it names the lines, and how to get the lab back.

    again: the command that puts a fresh notebook there when none is.
    """
    name, text = path.relative_to(root).as_posix(), ""
    try:
        text = path.read_text(encoding="utf-8")
        if isinstance(json.loads(text), dict):
            return
        wrong = "it holds no notebook"
    except OSError as error:
        wrong = f"{error.strerror}"
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start} is not UTF-8"
    except json.JSONDecodeError as error:
        marks = [str(number) for number, line in enumerate(text.splitlines(), 1) if MARKS.fullmatch(line)]
        if marks:
            raise merged(name, marks, again) from None
        wrong = f"line {error.lineno} is not JSON: {error.msg}"
    raise CourseError(f"{name} is no notebook any more: {wrong}\n{afresh(name, again)}")


def merged(name: str, marks: list[str], again: str) -> CourseError:
    lines = "line" if len(marks) == 1 else "lines"
    quoted = shlex.quote(name)
    return CourseError(
        f"{name} is no notebook any more: git left the marks of a merge in {lines} {', '.join(marks)}\n"
        f"  to take one side while the merge is open: git checkout --ours {quoted} (or --theirs), git add {quoted}\n"
        f"  to take the file of an earlier commit: git checkout COMMIT -- {quoted}\n"
        f"{afresh(name, again)}"
    )


def afresh(name: str, again: str) -> str:
    aside = shlex.quote(f"{name}.old")
    return f"  to start the notebook again: mv {shlex.quote(name)} {aside}, then {again}; your .py files stay"

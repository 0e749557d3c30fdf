"""Check a notebook file before JupyterLab opens it, because JupyterLab explains little about a damaged file."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from autograder.core.units import CourseError

MARKS = re.compile(r"(<{7}|\|{7}|={7}|>{7})( .*)?")  # of a merge that git could not finish


def check_notebook(path: Path, root: Path, again: str) -> None:
    """Raise CourseError if `path` is not a notebook; the message names the lines, and how to restore the lab.

    again: the command that copies the released notebook if there is none.
    """
    name, text = path.relative_to(root).as_posix(), ""
    try:
        text = path.read_text(encoding="utf-8")
        if isinstance(json.loads(text), dict):
            return
        wrong = "its content is something else"
    except OSError as error:
        wrong = f"{error.strerror}"
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start} is not UTF-8"
    except json.JSONDecodeError as error:
        marks = [str(number) for number, line in enumerate(text.splitlines(), 1) if MARKS.fullmatch(line)]
        if marks:
            raise merged(name, marks, again) from None
        wrong = f"line {error.lineno} is not JSON: {error.msg}"
    raise CourseError(f"{name} is not a valid notebook: {wrong}\n{restart(name, again)}")


def merged(name: str, marks: list[str], again: str) -> CourseError:
    lines = "line" if len(marks) == 1 else "lines"
    quoted = shlex.quote(name)
    return CourseError(
        f"{name} is not a valid notebook: git left the marks of a merge in {lines} {', '.join(marks)}\n"
        f"  to take one side of the merge: git checkout --ours {quoted} (or --theirs), then git add {quoted}\n"
        f"  to take the file of an earlier commit: git checkout COMMIT -- {quoted}\n"
        f"{restart(name, again)}"
    )


def restart(name: str, again: str) -> str:
    aside = shlex.quote(f"{name}.old")
    return f"  to start the notebook again: mv {shlex.quote(name)} {aside}, then {again}; your .py files stay"

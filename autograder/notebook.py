"""The notebook extension of the course: `%load_ext autograder.notebook`, then `%check 01.3`.

It puts the desk on the import path, loads edits without a kernel restart, and shows the NotImplementedError of
an unwritten task as one sentence. It is a lab's first cell: what only `%check` needs is imported then.
"""

from __future__ import annotations

import io
import os
import re
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from IPython.core.error import UsageError
from IPython.display import display

from autograder.core.units import SLUG, CourseError
from autograder.judge.worker.unwritten import SAYS, listed, unwritten
from autograder.lab.reloader import Reloader


def load_ipython_extension(shell: Any) -> None:
    """Load the extension (`%load_ext autograder.notebook`); a second call changes nothing."""
    if getattr(shell, "mlsys_reloader", None) is not None:
        return
    desk = Path.cwd()
    if str(desk) not in sys.path:
        sys.path.insert(0, str(desk))
    # numba warns about every emptied parallel function.
    warnings.filterwarnings("ignore", message=r"\s*The keyword argument 'parallel=True' was specified")
    shell.mlsys_reloader = reloader = Reloader(desk)
    surroundings = dict(os.environ)  # before a cell changes them

    def before_cell(*_: Any) -> None:
        for message in reloader.refresh(shell.user_ns):
            print(message, file=sys.stderr)

    shell.mlsys_hooks = (before_cell, lambda *_: reloader.note())
    shell.events.register("pre_run_cell", shell.mlsys_hooks[0])
    shell.events.register("post_run_cell", shell.mlsys_hooks[1])

    def check(line: str) -> None:
        check_magic(line, desk, surroundings)

    check.__doc__ = check_magic.__doc__
    shell.register_magic_function(check, "line", "check")
    # numba turns an exception inside a parallel loop into the cause of a SystemError. The LaunchError of several ranks
    # is a RuntimeError that carries a rank's exception as `error`.
    shell.set_custom_exc((RuntimeError, SystemError), not_written_yet)


def unload_ipython_extension(shell: Any) -> None:
    """Unload the extension (`%unload_ext autograder.notebook`)."""
    if getattr(shell, "mlsys_reloader", None) is None:
        return
    shell.events.unregister("pre_run_cell", shell.mlsys_hooks[0])
    shell.events.unregister("post_run_cell", shell.mlsys_hooks[1])
    shell.set_custom_exc((), None)
    shell.mlsys_reloader = None


def check_magic(line: str, desk: Path, environment: Mapping[str, str]) -> None:
    """Check your solutions: %check 01.3 checks one task, %check 01 a unit, %check the unit of this desk.

    The desk is the folder in which the notebook started, also after %cd. While it runs, one line shows the running
    check, its time and its limit. Then the table replaces the line.
    """
    place = CellOutput()
    try:
        result = check_here(line.strip(), desk, place.show, environment)
    except CourseError as error:
        place.show("")
        raise UsageError(str(error)) from None
    except KeyboardInterrupt:
        place.show("the check was stopped")
        raise
    place.table(result)


class CellOutput:
    """One output of a cell, with content that can be replaced."""

    def __init__(self) -> None:
        self.handle: Any = None

    def put(self, data: dict[str, str]) -> None:
        if self.handle is None:
            self.handle = display(data, raw=True, display_id=True)
        else:
            self.handle.update(data, raw=True)

    def show(self, text: str) -> None:
        """Show a line of plain text; an empty text removes the line."""
        if text or self.handle is not None:
            self.put({"text/plain": text})

    def table(self, result: Any) -> None:
        from autograder.reports.html import fragment

        self.put({"text/html": fragment(result), "text/plain": plain(result)})


def check_here(what: str, desk: Path, show: Callable[[str], None], environment: Mapping[str, str]) -> Any:
    """Check `desk` in a separate process, and return its GradeResult. Raises CourseError for a wrong name."""
    from autograder.lab.desk_process import check_in_process

    if not what:
        if not SLUG.fullmatch(desk.name):
            raise CourseError("this folder is not a desk, so %check needs a task\n  to try: %check 01.3")
        what = desk.name
    return check_in_process(what, desk, show, environment)


def plain(result: Any) -> str:
    """The result as text, for a reader without a browser."""
    from rich.console import Console

    from autograder.reports import terminal

    out = io.StringIO()
    # In a kernel, rich would display its output itself and not write to `out`.
    console = Console(file=out, width=100, force_terminal=False, force_jupyter=False, no_color=True)
    terminal.render(result, console)
    return out.getvalue()


def not_written_yet(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> list[str]:
    """Show a starter's NotImplementedError as one sentence, and any other error as usual; the cell fails."""
    cause = getattr(error, "error", error)
    cause = cause.__cause__ if isinstance(cause, SystemError) else cause
    match = SAYS.match(str(cause)) if isinstance(cause, NotImplementedError) else None
    if match is None:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return []
    lines = [sentence(match, shell.mlsys_reloader.desk)]
    shell._showtraceback(type(cause), cause, lines)
    return lines


def sentence(match: re.Match[str], desk: Path) -> str:
    """ "Task 01.3 numba_loops is not written yet: open compiled.py ..." """
    number, function = match[1], match[2]
    file, left = "the file that has it", match[3] or function
    try:
        from autograder.core.selection import one_task

        task = one_task(number)[2]
        file, left = task.module, match[3] or task.asked[0]
        found = unwritten((desk / file).read_bytes(), number)
        left = listed([f"{name} (line {line})" for name, line in found]) if found else left
    except (CourseError, OSError):
        pass
    return (
        f"Task {number} {function} is not written yet: open {file}, write {left}, save the file, "
        "and run this cell again."
    )

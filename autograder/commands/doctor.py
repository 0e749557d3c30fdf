"""`./mlsys doctor`: check this machine's setup, and name the command that fixes each problem."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.authoring.doctor import as_json as to_json
from autograder.authoring.doctor import conclusion, examine, print_line


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, for scripts.")] = False,
) -> None:
    """Check this machine's setup, and show how to fix each problem.

    Starts two MPI ranks, the sandbox and a browser, which takes a few seconds.

    Exit code 0: ready. 1: something that every student needs is missing.
    """
    lines = []
    for line in examine():
        lines.append(line)
        if not as_json:
            print_line(line)
    print(to_json(lines) if as_json else f"\n{conclusion(lines)}")
    raise typer.Exit(any(line.verdict == "missing" for line in lines))

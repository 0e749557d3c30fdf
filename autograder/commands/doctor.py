"""`./mlsys doctor`: what this machine has, and what to type for what it lacks."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, for scripts.")] = False,
) -> None:
    """Look whether this machine can run the course; each line is ok or says what to type.

    Starts MPI ranks, the sandbox and a browser for real, which takes some seconds. Exit code 1 when
    something is missing that every student needs.
    """
    from autograder.authoring.doctor import as_json as to_json
    from autograder.authoring.doctor import conclusion, examine, print_line

    lines = []
    for line in examine():
        lines.append(line)
        if not as_json:
            print_line(line)
    print(to_json(lines) if as_json else f"\n{conclusion(lines)}")
    raise typer.Exit(any(line.verdict == "missing" for line in lines))

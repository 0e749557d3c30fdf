"""`./mlsys test`: every test of the repository, in one run of pytest."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from autograder.course.units import course_root


def test(
    context: typer.Context,
    fast: Annotated[
        bool, typer.Option("--fast", help="Leave out the slow tests: under three minutes.")
    ] = False,
) -> None:
    """Run the tests of the reference and of the autograder.

    Everything else on the line goes to pytest: ./mlsys test --fast -k wire -x. The exit code is pytest's: 0
    when all passed. A test that needs a program which is absent here is skipped and says so; with CI=true it
    fails.
    """
    command = [sys.executable, "-m", "pytest"]
    if fast:
        command += ["-m", "not slow"]
    raise typer.Exit(subprocess.run([*command, *context.args], cwd=course_root()).returncode)

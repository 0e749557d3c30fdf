"""`./mlsys test`: every test of the repository, with pytest."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from autograder.core.units import course_root

# Words that ask for all tests. With any other, like a path, -k or -x, they run one after the other.
WHOLE = ("-q", "-v", "-r", "--durations=", "--tb=", "--color=")
FAILED, NONE_RAN = 1, 5  # exit codes of pytest; those between are its own troubles
MOST = 8  # workers, each of which imports torch


def test(
    context: typer.Context,
    fast: Annotated[
        bool, typer.Option("--fast", help="Leave out the slow tests: under three minutes.")
    ] = False,
) -> None:
    """Run the tests of the reference and of the autograder.

    Everything else on the line goes to pytest: ./mlsys test --fast -k wire -x. The exit code is pytest's: 0
    when all passed. A test that needs a program which is absent here is skipped and says so; with CI=true it
    fails. All of them run in two parts: several at once first, and then those that need the machine for themselves.
    """
    from reference.shared.machine import usable_cores

    words, workers = context.args, min(usable_cores(), MOST)
    if workers == 1 or not all(word.startswith(WHOLE) for word in words):
        raise typer.Exit(pytest(words, ["not slow"] if fast else []))
    speed = ["not slow"] if fast else []
    first = pytest([*words, "-n", str(workers), "--dist", "loadfile"], ["not alone", *speed])
    if first not in {0, FAILED, NONE_RAN}:
        raise typer.Exit(first)
    raise typer.Exit(both(first, pytest(words, ["alone", *speed])))


def pytest(words: list[str], marks: list[str]) -> int:
    """Run the tests with these marks; pytest's exit code."""
    chosen = ["-m", " and ".join(marks)] if marks else []
    return subprocess.run([sys.executable, "-m", "pytest", *chosen, *words], cwd=course_root()).returncode


def both(first: int, second: int) -> int:
    """The exit code of two parts: a part without a test is as good as none."""
    ran = [code for code in (first, second) if code != NONE_RAN]
    return max(ran, default=NONE_RAN)

"""`./mlsys test`: run the tests of the repository with pytest, in three tiers."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Annotated

import typer

from autograder.authoring.testing.selection import shard as parse
from autograder.authoring.testing.tiers import ALL, DEFAULT, FAST, Tier
from autograder.core.units import CourseError, course_root, find_unit
from reference.shared.machine import usable_cores

# Words that leave the tests what they are. With any other, like -x or --pdb, they run one after the other.
HARMLESS = ("-q", "-v", "-r", "--durations", "--tb=", "--color=")
CHOOSING = ("-k", "-m", "--lf", "--last-failed", "--sw", "--stepwise", "--deselect", "--ignore")
FAILED, NONE_RAN = 1, 5  # exit codes of pytest; those between are its own troubles
MOST = 8  # workers, each of which imports torch
PLUGIN = "autograder.authoring.testing.selection"
# Each of several workers keeps to its core: more threads would wait for each other.
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


def test(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help=f"{FAST.holds} ({FAST.budget}).")] = False,
    everything: Annotated[bool, typer.Option("--all", help=f"{ALL.holds} ({ALL.budget}).")] = False,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="NN", help="Everything of one unit, like 03.")
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="i/N", help="Only part i of N parts with equal durations."),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="With --all: record the durations of the tests, for --shard.")
    ] = False,
) -> None:
    """Run the tests of the reference and of the autograder.

    Without an option, it runs every unit's tests, the judge and each attack on it, one lab in a real browser, the
    style rules, and the proofs of what changed: 12 to 18 minutes on two cores.

    All other arguments go to pytest:

        ./mlsys test --fast -k wire -x

    Tests that you choose by a path or with -k run in any tier, unless you add --fast. A test that needs a missing
    program is skipped, and says so. Tests run several at once first; then those that need the machine to themselves.

    Exit code 0: all tests passed. Other codes are pytest's.
    """
    tier, words = tier_of(context.args, fast=fast, everything=everything, unit=unit), list(context.args)
    if record and not (everything and unit is shard is None):
        raise CourseError("--record needs all tests in one run\n  to fix: ./mlsys test --all --record")
    if unit is not None:
        words += ["--only-unit", find_unit(unit).slug]
    if shard is not None:
        words += ["--shard", checked(shard)]
    recording = ["--record=afresh"] if record else []
    workers = min(usable_cores(), MOST)
    if workers == 1 or not all(word.startswith(HARMLESS) for word in context.args):
        raise typer.Exit(pytest([*words, *recording], tier))
    several = ["--part=together", "-n", str(workers), "--dist", "worksteal"]
    first = pytest([*words, *several, *recording], tier, **ONE_THREAD)
    if first not in {0, FAILED, NONE_RAN}:
        raise typer.Exit(first)
    recording = ["--record=more"] if record else []
    raise typer.Exit(both(first, pytest([*words, "--part=alone", *recording], tier)))


def tier_of(words: list[str], *, fast: bool, everything: bool, unit: str | None) -> Tier:
    """The tier of this run. Raises CourseError for both --fast and --all."""
    if fast and everything:
        raise CourseError("--fast and --all exclude each other\n  to fix: leave one of them out")
    if fast:
        return FAST
    chosen = unit is not None or any(chooses(word) for word in words)
    return ALL if everything or chosen else DEFAULT


def chooses(word: str) -> bool:
    """True if a word of the command line selects tests: a path, or an option like -k."""
    if word.startswith("-"):
        return word.startswith(CHOOSING)
    return (course_root() / word.partition("::")[0]).exists()


def checked(shard: str) -> str:
    try:
        parse(shard)
    except ValueError as error:
        raise CourseError(f"--shard: {error}") from None
    return shard


def pytest(words: list[str], tier: Tier, **variables: str) -> int:
    """Run the tests of this tier; pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-p", PLUGIN, *tier.words, *words]
    environment = os.environ | tier.environment | variables
    # Tests that every worker of every part compiles anew take a quarter of a quick run.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(command, cwd=course_root(), env=environment).returncode


def both(first: int, second: int) -> int:
    """The exit code of two parts; a part without tests does not count."""
    ran = [code for code in (first, second) if code != NONE_RAN]
    return max(ran, default=NONE_RAN)

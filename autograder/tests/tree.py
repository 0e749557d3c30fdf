"""A copy of the repository that a test may write to: nobody's desk is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from autograder.core.units import Unit, course_root, find_units

LEFT_BEHIND = shutil.ignore_patterns(
    ".git",
    ".venv",
    "work",
    "build",
    "grades",
    "node_modules",
    "raw",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
)


def copy_tree(to: Path, *parts: str) -> Path:
    """The course without desks, environment and caches, at `to`: all of it, or the named folders."""
    for part in parts or [""]:
        shutil.copytree(course_root() / part, to / part, ignore=LEFT_BEHIND)
    return to


def unit_in(root: Path, unit: Unit) -> Unit:
    """The same unit in another tree."""
    return Unit(unit.slug, root)


def units_with_lab() -> list[Unit]:
    return [unit for unit in find_units() if unit.lab.exists()]


def one_in_default(units: list[Unit]) -> list[ParameterSet]:
    """Parameters for a slow test of every unit: the default tier runs it for the first unit, `--all` for each."""
    return [
        pytest.param(unit, id=unit.slug, marks=[pytest.mark.exhaustive] if at else [])
        for at, unit in enumerate(units)
    ]


def command(*arguments: str) -> list[str]:
    """What `./mlsys ARGUMENTS` runs, with the Python environment of this test run."""
    return [sys.executable, "-P", "-m", "autograder", *arguments]


def environment(root: Path, **more: str) -> dict[str, str]:
    """The tree at `root` goes before the installed course."""
    return os.environ | {"PYTHONPATH": str(root)} | more


def mlsys(root: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `./mlsys ARGUMENTS` in the tree at `root` and keep what it prints."""
    return subprocess.run(
        command(*arguments),
        cwd=root,
        env=environment(root, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )

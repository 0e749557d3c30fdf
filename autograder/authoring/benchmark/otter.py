"""Otter-Grader (https://otter-grader.readthedocs.io) on the same trivial submission, in an environment of its own.

`otter run` is its way to grade one submission without a container. It gets what it is made for: a notebook
with one function, and one test of one call.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

from autograder.core.units import CourseError

PINS = ("otter-grader==7.0.0", "ipykernel==7.4.0")
TEST = """
OK_FORMAT = True
case = {"code": ">>> echo(7)\\n7", "hidden": False, "locked": False}
test = {"name": "q1", "points": 1, "suites": [{"cases": [case], "scored": True, "type": "doctest"}]}
"""
CELL = {
    "cell_type": "code",
    "execution_count": None,
    "id": "answer",
    "metadata": {},
    "outputs": [],
    "source": "def echo(value):\n    return value\n",
}
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
NOTEBOOK = {
    "cells": [CELL],
    "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


class Otter:
    """An installed Otter-Grader, and the folder with its assignment.

    home: where its environment is kept from run to run (about 400 MB). Raises CourseError when it cannot be installed.
    """

    def __init__(self, home: Path, folder: Path) -> None:
        self.folder, self.bin = folder, home / "bin"
        if not (home / "installed").exists():
            install(home)
        (folder / "tests").mkdir()
        (folder / "out").mkdir()
        (folder / "tests" / "q1.py").write_text(TEST)
        (folder / "echo.ipynb").write_text(json.dumps(NOTEBOOK))
        self.command("generate", "-t", "tests", "-o", "autograder.zip", "--no-environment", "-l", "python")

    def grade(self) -> None:
        """Run `otter run` from start to end. Raises CourseError if the submission does not get its point."""
        results = self.folder / "out" / "results.json"
        results.unlink(missing_ok=True)
        self.command("run", "echo.ipynb", "-a", "autograder.zip", "-o", "out", "--no-logo")
        scores = {test["name"]: test.get("score") for test in json.loads(results.read_text())["tests"]}
        if scores.get("q1") != 1:
            raise CourseError(f"otter run: expected 1 point for q1, got {scores}")

    def command(self, *words: str) -> None:
        environment = {**os.environ, "PATH": os.pathsep.join((str(self.bin), os.environ["PATH"]))}
        told = subprocess.run(
            ["otter", *words],
            cwd=self.folder,
            env=environment,
            executable=self.bin / "otter",
            capture_output=True,
            text=True,
        )
        if told.returncode:
            raise CourseError(f"otter {words[0]} failed: {told.stderr.strip()[-500:]}")


def install(home: Path) -> None:
    """Make the environment; an incomplete one is made again."""
    venv.create(home, with_pip=True, clear=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    told = subprocess.run([*pip, *PINS], capture_output=True, text=True)
    if told.returncode:
        raise CourseError(
            f"Otter-Grader, which the benchmark compares with, cannot be installed\n  pip: {told.stderr.strip()[-500:]}"
        )
    (home / "installed").write_text("\n".join(PINS) + "\n")


def home() -> Path:
    """The folder of the environment: beside the course's own packages, so that it is deleted with them."""
    return Path(sys.prefix) / "otter"

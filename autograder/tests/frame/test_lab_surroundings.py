"""`./mlsys lab` among the user's own settings, broken files and other servers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.core.units import CourseError, Unit
from autograder.lab import jupyter
from autograder.lab.notebook_file import check_notebook
from autograder.release.desk import ensure_desk
from autograder.tests.frame.little_labs import lab_result, little_tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return little_tree(tmp_path / "course")


def test_nothing_of_jupyter_is_in_the_home_folder_or_comes_from_it(
    tree: Path, monkeypatch: pytest.MonkeyPatch
):
    foreign = ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "JUPYTERLAB_DIR", "MPLBACKEND", "MATPLOTLIBRC")
    for name in foreign:
        monkeypatch.setenv(name, "/nowhere")
    own = jupyter.Place(tree).environment("token")
    assert [name for name in foreign if name in own] == []
    for name in (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "IPYTHONDIR",
        "MPLCONFIGDIR",
    ):
        assert own[name].startswith(str(tree / "work" / ".jupyter"))


def test_a_terminal_of_the_lab_has_nothing_of_the_labs_own(tree: Path, tmp_path: Path):
    """It exports what the user's own terminal exports, with one exception: what ./mlsys leaves out."""
    place = jupyter.Place(tree)
    shell = tmp_path / "shell"
    shell.write_text("#!/bin/sh\necho login $1\nenv\n")
    shell.chmod(0o755)
    given = place.environment("token") | {"SHELL": str(shell), "JUPYTER_SERVER_URL": "x", "MINE": "a b"}
    printed = subprocess.check_output(place.shell(), env=given, text=True).splitlines()
    assert printed[0] == "login -l"
    assert "MINE=a b" in printed
    names = {line.partition("=")[0] for line in printed[1:]}
    assert {name for name in names if name.startswith(("JUPYTER", "IPYTHON", "MPL", "PYDEVD"))} == set()


MERGED = """{
 "cells": [],
<<<<<<< HEAD
 "metadata": {},
=======
 "metadata": {"a": 1},
>>>>>>> theirs
 "nbformat": 4
}"""


def test_a_notebook_with_the_marks_of_a_merge_names_the_lines(tree: Path):
    unit = Unit("81_tiny", tree)
    assert ensure_desk(unit)
    notebook = unit.desk / unit.lab.name
    notebook.write_text(MERGED)
    done = lab_result(tree, "81")
    assert done.returncode == 2
    assert (
        "work/81_tiny/81_tiny.ipynb is not a valid notebook: git left the marks of a merge in lines 3, 5, 7"
        in done.stderr
    )
    assert "git checkout --ours work/81_tiny/81_tiny.ipynb" in done.stderr
    assert "mv work/81_tiny/81_tiny.ipynb work/81_tiny/81_tiny.ipynb.old, then ./mlsys lab 81" in done.stderr
    assert notebook.read_text() == MERGED, "it is the student's to decide"
    for content, wrong in (
        (b"{", "line 1 is not JSON"),
        (b"[]", "its content is something else"),
        (b"\xff", "not UTF-8"),
    ):
        notebook.write_bytes(content)
        with pytest.raises(CourseError, match=f"is not a valid notebook: .*{wrong}"):
            check_notebook(notebook, tree, "./mlsys lab 81")


def test_a_server_that_lost_its_port_to_another_starts_again(tree: Path, monkeypatch: pytest.MonkeyPatch):
    """The first one ends as JupyterLab does when it cannot listen any more."""
    asked = []

    def command(_place: jupyter.Place, _unit: Unit, port: int, others: int) -> list[str]:
        asked.append((port, others))
        return [sys.executable, "-c", "print('The port is already in use.'); raise SystemExit(1)"]

    monkeypatch.setattr(jupyter, "server_command", command)
    with pytest.raises(CourseError, match="The port is already in use"):
        jupyter.run(Unit("81_tiny", tree), ["loops.py"], open_browser=False)
    assert asked == [(jupyter.FIRST_PORT, jupyter.OTHER_PORTS), (0, 0)], "then the kernel chooses"

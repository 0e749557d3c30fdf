"""`./mlsys` among settings of the user's: other Pythons, pip's configuration, odd folder names, other trees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import bootstrap
from autograder.core.units import course_root
from autograder.install import shared
from autograder.install.pins import ready_text, site_of
from autograder.tests.frame.test_launcher import clean_environment, start
from autograder.tests.frame.tinywheels import little_course, write_wheel

NAMES = ["tiny00", "tiny01", "tiny02"]
PINS = [f"{name}==1.0" for name in NAMES]
MAIN = """
import json, os, subprocess, sys
import autograder, tiny00
child = subprocess.check_output([sys.executable, "-c", "import tiny00; print(tiny00.__file__, end='')"], text=True)
names = [name for name in os.environ if name.startswith(("PYTHON", "MPL", "MATPLOTLIB"))]
print(json.dumps({"course": autograder.__file__, "tiny": tiny00.__file__, "child": child,
    "variables": sorted(names), "optimized": sys.flags.optimize, "arguments": sys.argv[1:]}))
"""
ODD_NAME = "a [1] b#c %41 'q\" & ; * {x} \\n ü"


def tree_with_main(root: Path, pins: list[str]) -> Path:
    little_course(root, pins)
    (root / "autograder" / "__main__.py").write_text(MAIN)
    return root


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables and files that would each break the course; the packages' only source is in pip's configuration."""
    folder = tmp_path_factory.mktemp("hostile")
    wheels, other = folder / "wheels", folder / "another clone"
    for place in (wheels, other, other / "autograder"):
        place.mkdir()
    for name in NAMES:
        write_wheel(wheels, name)
        (other / f"{name}.py").write_text("raise SystemExit('another tiny')\n")
    (other / "autograder" / "__init__.py").write_text("raise SystemExit('another course')\n")
    (folder / "constraint.txt").write_text("tiny00==7.0\n")
    (folder / "pip.conf").write_text(
        "[global]\nuser = true\nrequire-virtualenv = true\n"
        f"constraint = {folder}/constraint.txt\nno-index = true\n"
        f"[install]\ntarget = {folder}/target\nfind-links = {wheels}\n"
    )
    return {
        "PYTHONPATH": str(other),
        "PYTHONHOME": "/nowhere",
        "PYTHONOPTIMIZE": "2",
        "PYTHONUSERBASE": str(folder / "user"),
        "PIP_CONFIG_FILE": str(folder / "pip.conf"),
        "PIP_PREFIX": str(folder / "prefix"),
        "PIP_CONSTRAINT": str(folder / "constraint.txt"),
        "MPLBACKEND": "nothing",
        "MATPLOTLIBRC": "/nowhere",
        "MPLCONFIGDIR": "/nowhere",
        "CONDA_PREFIX": "/nowhere",
        "VIRTUAL_ENV": "/nowhere",
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, hostile: dict[str, str]) -> Path:
    """A course in a folder with an odd name, whose first start was among all of that."""
    root = tree_with_main(tmp_path_factory.mktemp("finished") / ODD_NAME, PINS)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))
    }
    done = subprocess.run(
        [str(root / "mlsys"), "a b"],
        env=environment | hostile | {"MLSYS_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    (root / "first.json").write_text(done.stdout)
    return root


@pytest.mark.slow
def test_nothing_of_the_users_python_pip_and_plots_reaches_the_course(finished: Path):
    site = site_of(finished / ".venv")
    assert json.loads((finished / "first.json").read_text()) == {
        "course": str(finished / "autograder" / "__init__.py"),
        "tiny": str(site / "tiny00.py"),
        "child": str(site / "tiny00.py"),
        "variables": ["MPLCONFIGDIR"],
        "optimized": 0,
        "arguments": ["a b"],
    }


@pytest.mark.slow
def test_a_damaged_package_is_found_and_installed_again(finished: Path, hostile: dict[str, str]):
    site = site_of(finished / ".venv")
    (site / "tiny00.py").write_text("")  # as a full disk leaves it
    (site / "tiny01.py").unlink()
    python = finished / ".venv" / "bin" / "python"
    code = f"from autograder.install.damage import told; print(told({str(finished)!r}, ImportError('x')))"
    code = "from pathlib import Path; " + code.replace("told('", "told(Path('", 1).replace(
        "', Imp", "'), Imp"
    )
    told = subprocess.run([str(python), "-I", "-c", code], capture_output=True, text=True).stdout
    assert "the environment in .venv is damaged (x): tiny00: tiny00.py has 0 bytes, not " in told
    assert "and 1 more packages" in told
    assert "run the same command again" in told
    done = start(finished, PIP_CONFIG_FILE=hostile["PIP_CONFIG_FILE"])
    assert done.returncode == 0, done.stderr
    assert "installing damaged packages again: tiny00 tiny00.py has 0 bytes" in done.stderr
    assert "[  0/2] installing tiny00, tiny01" in done.stderr
    assert (site / "tiny01.py").exists()


@pytest.mark.slow
def test_a_second_tree_shares_the_packages_of_the_first(finished: Path, tmp_path: Path):
    own = finished / ".venv"
    (own / "share" / "jupyter").mkdir(parents=True, exist_ok=True)
    (own / "bin" / "tool").write_text(
        "#!/usr/bin/env python3\nimport autograder; print(autograder.__file__)\n"
    )
    tree = tree_with_main(tmp_path / "week 2", PINS[:2])
    done = start(tree, MLSYS_VENV=str(own), MLSYS_PYTHON="")
    assert done.returncode == 0, done.stderr
    assert f"sharing the packages of {own}" in done.stderr
    assert "installing" not in done.stderr
    found = json.loads(done.stdout)
    assert found["course"] == str(tree / "autograder" / "__init__.py")
    assert found["tiny"] == str(site_of(own) / "tiny00.py")
    path = subprocess.check_output(
        [tree / ".venv" / "bin" / "python", "-I", "-c", "import sys; print(sys.path)"], text=True
    )
    assert repr(str(finished)) not in path, "the other tree's own code is not there"
    assert (tree / ".venv" / "share" / "jupyter").is_dir()
    tool = subprocess.check_output([tree / ".venv" / "bin" / "tool"], text=True, cwd=tmp_path)
    assert tool.strip() == found["course"]
    assert start(tree, MLSYS_PYTHON="nothing").stdout == done.stdout, "no Python is looked for any more"

    # When the other environment changes, or goes, the tree looks again.
    ready = (own / "ready").read_text()
    (own / "ready").write_text(ready + "# changed\n")
    assert "sharing the packages" in start(tree).stderr
    (own / "ready").rename(own / "away")
    assert "sharing" not in start(tree, PIP_NO_INDEX="1", MLSYS_PYTHON="/nowhere").stderr
    (own / "away").write_text(ready)
    (own / "away").rename(own / "ready")


def test_a_tree_with_other_versions_does_not_share(tmp_path: Path):
    tree = little_course(tmp_path / "tree", [*PINS, "other==1; sys_platform == 'plan9'"])
    site = tmp_path / "env" / "lib" / "python3.12" / "site-packages"
    site.mkdir(parents=True)
    (tmp_path / "env" / "bin").mkdir()
    (tmp_path / "env" / "bin" / "python").touch()
    for name in NAMES:
        (site / f"{name}-1.0.dist-info").mkdir()
    assert not shared.agrees(tree, tmp_path / "env"), "it is not finished"
    (tmp_path / "env" / "ready").touch()
    assert shared.agrees(tree, tmp_path / "env")
    (site / "tiny01-1.0.dist-info").rename(site / "tiny01-2.0.dist-info")
    assert not shared.agrees(tree, tmp_path / "env")


def test_a_folder_of_somebody_elses_is_not_taken_for_an_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    for named, message in ((tmp_path / "precious", "is not an environment"), ("a:b", "without a colon")):
        with pytest.raises(SystemExit) as caught:
            shared.named_folder({"MLSYS_VENV": str(named)}, tmp_path / ".venv")
        assert caught.value.code == 2
        assert message in capsys.readouterr().err
    assert shared.named_folder({}, tmp_path / ".venv") is None
    assert shared.named_folder({"MLSYS_VENV": str(tmp_path / ".venv")}, tmp_path / ".venv") is None
    assert shared.named_folder({"MLSYS_VENV": str(tmp_path / "new")}, tmp_path / ".venv") == tmp_path / "new"


def test_a_new_shared_environment_holds_no_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tree, place = little_course(tmp_path / "tree", PINS), tmp_path / "env"
    made: list[bool] = []

    def install_whole(_root: Path, home: Path, *, course: bool = True) -> None:
        made.append(course)
        (home / "bin").mkdir()
        (home / "bin" / "python").symlink_to(sys.executable)
        for name in NAMES:
            (home / "lib" / "python3" / "site-packages" / f"{name}-1.0.dist-info").mkdir(parents=True)

    monkeypatch.setattr(bootstrap, "install_whole", install_whole)
    monkeypatch.setattr(bootstrap, "version_in", lambda _: "3.12")
    monkeypatch.setenv("MLSYS_VENV", str(place))
    assert bootstrap.shared_environment(tree, tree / ".venv") == place
    assert bootstrap.shared_environment(tree, tree / ".venv") == place
    assert made == [False], "once, and without the code of the tree"


@pytest.mark.parametrize(("name", "character"), [("a:b", "a colon"), ("a$HOME", "a dollar sign")])
def test_an_impossible_folder_is_refused_in_a_sentence(tmp_path: Path, name: str, character: str):
    root = little_course(tmp_path / name, [])
    done = start(root)
    assert done.returncode == 2
    assert f"the course cannot run in a folder whose path has {character}: {root}" in done.stderr
    assert "move or rename the folder" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (root / ".venv").exists()


def test_the_named_interpreter_may_have_a_space_in_its_path(tmp_path: Path):
    root = little_course(tmp_path / "course", [])
    (tmp_path / "my py").mkdir()
    python = tmp_path / "my py" / "python3"
    python.write_text('#!/bin/sh\n[ $2 = -c ] || { echo took "$0"; exit 7; }\n')
    python.chmod(0o755)
    done = start(root, MLSYS_PYTHON=str(python))
    assert (done.returncode, done.stdout) == (7, f"took {python}\n")
    python.write_text("#!/bin/sh\nexit 1\n")
    done = start(root, MLSYS_PYTHON=str(python))
    assert done.returncode == 69
    assert f"MLSYS_PYTHON={python} does not start, or is not Python 3.11" in done.stderr


def test_an_interpreter_that_an_upgrade_replaced_is_noticed(tmp_path: Path):
    """`python3` of the system may lead to another version since: then its packages are not found any more."""
    root = little_course(tmp_path / "course", PINS)
    home = root / ".venv"
    (home / "bin").mkdir(parents=True)
    for name in ("old", "new"):
        (tmp_path / name).write_text("#!/bin/sh\necho handed over\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "python3").symlink_to("old")
    (home / "bin" / "python").symlink_to(tmp_path / "python3")
    bootstrap.write_ready(home, ready_text(root))
    assert bootstrap.is_ready(root, home)
    assert start(root, MLSYS_PYTHON="/nowhere").stdout == "handed over\n"
    (tmp_path / "python3").unlink()
    assert not bootstrap.is_ready(root, home), "it is gone"
    (tmp_path / "python3").symlink_to("new")
    assert not bootstrap.is_ready(root, home)
    assert start(root, MLSYS_PYTHON="/nowhere").returncode == 69


def test_the_real_environment_is_whole():
    """Every file of every package, and what is imported is what was installed."""
    code = (
        "from pathlib import Path; from autograder.install.damage import damaged; print(damaged(Path.cwd()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=course_root(),
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert done.stdout == "{}\n", done.stderr


def test_a_release_offers_the_courses_environment(tmp_path: Path):
    from autograder.release.student_tree import offer_environment

    course, tree = tmp_path / "course", tmp_path / "tree"
    (course / ".venv").mkdir(parents=True)
    tree.mkdir()
    offer_environment(course, tree)
    assert not (tree / ".venv").exists(), "an environment that is not finished"
    (course / ".venv" / "ready").touch()
    offer_environment(course, tree)
    assert shared.linked_folder(tree / ".venv") == course / ".venv"
    shutil.rmtree(course)
    assert shared.linked_folder(tree / ".venv") is None

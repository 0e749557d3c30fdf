"""`./mlsys new-unit` under kill -9 at every step: a second run mends what the first one left."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.authoring import unit_rooms
from autograder.authoring.new_unit import new_unit
from autograder.core.units import CourseError, find_units
from autograder.tests.new_unit_frame import complete, contents, make_frame, nothing_left
from autograder.tests.tree import environment, mlsys

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_frame(tmp_path / "course")


@pytest.fixture
def untidy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ruff, which takes most of the time."""
    monkeypatch.setattr(unit_rooms, "tidy", lambda unit: None)  # noqa: ARG005


KILLED = """
import os, signal, sys
from pathlib import Path
from autograder.authoring import new_unit as module, unit_rooms

moves = 0
def count():
    global moves
    moves += 1
    if moves == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

def rename(this, to):
    count()
    os.rename(this, to)

def write(path, text, kept=module.write_atomic):
    count()
    kept(path, text)
    count()

def tidy(unit):
    count()

Path.rename, module.write_atomic, unit_rooms.tidy = rename, write, tidy
module.new_unit(Path(sys.argv[1]), "17", "ring")
"""


def killed_at(root: Path, moment: int) -> None:
    """Run new-unit, and kill -9 it: 1 is while it writes, 2 to 9 before a rename, 10 and 11 around the README."""
    command = [sys.executable, "-P", "-c", KILLED, str(root), str(moment)]
    done = subprocess.run(
        command, cwd=root, env=environment(root), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.usefixtures("untidy")
@pytest.mark.parametrize("moment", range(1, 12))
def test_a_second_run_mends_what_a_kill_left(root: Path, moment: int):
    before = contents(root)
    killed_at(root, moment)
    if moment <= 3:
        assert contents(root) == before, "nothing has moved yet"
    unit, finished = new_unit(root, "17", "ring")
    assert finished == []
    assert complete(unit)
    assert nothing_left(root)
    after = contents(root)
    with pytest.raises(CourseError, match="there is a unit 17_ring already"):
        new_unit(root, "17", "ring")
    assert contents(root) == after
    assert not list(root.rglob("*.tmp"))


def test_the_next_unit_finishes_the_one_before(root: Path):
    killed_at(root, 6)
    done = mlsys(root, "new-unit", "18", "other")
    assert done.returncode == 0, done.stderr
    assert "17_ring: finished what a run that was killed had begun" in done.stdout
    assert all(map(complete, find_units(root)))
    assert [unit.slug for unit in find_units(root)] == ["17_ring", "18_other"]


def test_what_changed_since_a_kill_is_not_written_over(root: Path):
    killed_at(root, 6)
    (root / "labs/17_ring.ipynb").write_text("mine\n")
    before = contents(root)
    with pytest.raises(CourseError, match=r"half made.*: labs/17_ring.ipynb was made by somebody else"):
        new_unit(root, "17", "ring")
    assert contents(root) == before
    (root / "labs/17_ring.ipynb").unlink()
    (root / "reference/benchmarks/ring.py").unlink()
    with pytest.raises(CourseError, match=r"half made.*: reference/benchmarks/ring.py is gone"):
        new_unit(root, "17", "ring")

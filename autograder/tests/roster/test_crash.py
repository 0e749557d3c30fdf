"""Nothing is lost: the grader is killed at random moments, and the grades are the same to the byte."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.roster.gradebook import Gradebook
from autograder.tests.roster.small_class import make_tree
from autograder.tests.tree import command, environment, mlsys

pytestmark = pytest.mark.alone  # it kills gradings halfway


@dataclass(frozen=True)
class Size:
    """People, different answers among them, and gradings that are killed."""

    people: int
    contents: int
    kills: int


SMALL, LARGE = Size(60, 16, 4), Size(300, 60, 20)


def write_class(root: Path, size: Size) -> Path:
    """A roster of folders with answers that are right, wrong, broken, crashing, not written, or missing."""
    kinds = (
        "def add(a, b):\n    return a + b\n",
        "def add(a, b):\n    return a - b\n",
        "def add(a, b):\n    return a + b if a else 0\n",
        "def add(a, b:\n",
        "import os\nos._exit(0)\n",
        "def add(a, b):\n    raise NotImplementedError\n",
        "def add(a, b):\n    return 'x' * 5\n",
        "def add(a, b):\n    import sys\n    sys.exit()\n",
    )
    lines = ["id,name,repository"]
    for number in range(size.people):
        which = number * 7 % size.contents
        place = root / "class" / f"p{number:03}" / "work" / "02_sums"
        place.mkdir(parents=True)
        if which:  # one of the answers is nothing at all
            (place / "sums.py").write_text(kinds[which % len(kinds)] + f"# variant {which}\n")
        lines.append(f"s{number:03},Student {number},class/p{number:03}")
    roster = root / "roster.csv"
    roster.write_text("\n".join(lines) + "\n")
    return roster


@pytest.fixture
def tree(tmp_path: Path, size: Size) -> Path:
    """The course itself, with a miniature unit and a class."""
    root = make_tree(tmp_path).root
    write_class(root, size)
    (root / "tmp").mkdir()
    return root


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def killed_run(tree: Path, out: str, rng: random.Random) -> bool:
    """Start a grading, and kill it when a random part of what is left is done. False when it ended before."""
    journal = tree / out / "02_sums" / "journal.jsonl"
    target = lines_in(journal) + rng.randrange(0, 5)
    process = subprocess.Popen(
        command("grade", "02", "--roster", "roster.csv", "--seed", "7", "--out", out),
        cwd=tree,
        env=environment(tree, TMPDIR=str(tree / "tmp")),  # a kill may leave folders there
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while lines_in(journal) < target and process.poll() is None:
            time.sleep(0.005)
        time.sleep(rng.random() * 0.3)
        return process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("size", [SMALL, pytest.param(LARGE, marks=pytest.mark.exhaustive)])
def test_a_class_and_many_kills(tree: Path, size: Size):
    rng = random.Random(20)
    whole = mlsys(tree, "grade", "02", "--roster", "roster.csv", "--seed", "7", "--out", "whole")
    assert whole.returncode == 1, whole.stderr  # one of the sixty answers is nothing: its totals are open
    kills = tries = 0
    while kills < size.kills and tries < 3 * size.kills:
        kills += killed_run(tree, "torn", rng)
        tries += 1
    assert kills == size.kills
    last = mlsys(tree, "grade", "02", "--roster", "roster.csv", "--seed", "7", "--out", "torn")
    assert last.returncode == 1, last.stderr
    one, other = Gradebook(tree / "whole" / "02_sums"), Gradebook(tree / "torn" / "02_sums")
    grades = [(book.folder(1) / "grades.json").read_bytes() for book in (one, other)]
    assert grades[0] == grades[1]
    assert len(one.read(1).people) == size.people
    assert {each.points for each in one.read(1).people} == {0, 2, 10}
    entries = [sorted(path.name for path in book.entries.iterdir()) for book in (one, other)]
    assert entries[0] == entries[1]
    assert len(entries[0]) == size.contents
    assert not list(other.versions.glob(".new-*"))
    again = mlsys(tree, "grade", "02", "--roster", "roster.csv", "--out", "torn")
    assert "nothing new to grade" in again.stdout
    assert other.numbers() == [1]

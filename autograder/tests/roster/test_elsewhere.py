"""Work that is not where it should be: it is found and named, its total stays open, and the instructor decides."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError, Unit
from autograder.reports.tables import canvas_csv
from autograder.roster.choose import Choice, Chooser, desk_of
from autograder.roster.collect import collect
from autograder.roster.elsewhere import is_near
from autograder.roster.folders import people_of
from autograder.roster.gradebook import Gradebook
from autograder.roster.lateness import Due
from autograder.roster.receipts import Store
from autograder.tests.judge.small_course import Course
from autograder.tests.roster.gitserver import GitServer
from autograder.tests.roster.small_class import RIGHT, WRONG, Class, by_id, desk, person

NOTEBOOK = json.dumps(
    {"cells": [{"cell_type": "code", "source": ["def add(a, b):\n", "    return a + b\n"]}]}
)


def choose(course: Course, out: Path, address: str) -> Choice:
    chooser = Chooser(course.unit, unit_manifest(course.unit), Store(out / "repositories"), {})
    return chooser.choose(address, Due(None, None))


def rename_branch(server: GitServer, name: str, branch: str) -> None:
    """The work is pushed to `branch`, and HEAD still names `main`."""
    place = str(server.folder / f"{name}.git")
    subprocess.run(["git", "-C", place, "update-ref", f"refs/heads/{branch}", "refs/heads/main"], check=True)
    subprocess.run(["git", "-C", place, "update-ref", "-d", "refs/heads/main"], check=True)


PLACES = {
    "src/sums.py": (RIGHT, "found src/sums.py", True),
    "work/sums.py": (RIGHT, "found work/sums.py", True),
    "work/01_early/sums.py": (RIGHT, "found work/01_early/sums.py", True),
    "work/02_sums/Sums.py": (RIGHT, "Sums.py (a name like sums.py)", True),
    "work/02_sums/sums.py.txt": (RIGHT, "sums.py.txt (a name like sums.py)", True),
    "work/02_sums/sums (1).py": (RIGHT, "sums (1).py (a name like sums.py)", True),
    "work/02_SUMS/sums.py": (RIGHT, "found work/02_SUMS/sums.py", True),
    "work/02_sums/solution.py": (RIGHT, "solution.py (defines add)", True),
    "work/02_sums/02_sums.ipynb": (NOTEBOOK, "02_sums.ipynb (a notebook with add)", False),
    "assignments/02_sums/sums.py": (RIGHT, "found assignments/02_sums/sums.py", True),
    "sums.zip": ("PK", "sums.zip (an archive)", False),
    "notes.py": ("def other(): pass\n", "found nothing of this unit in any folder", False),
    "reference/sums/sums.py": (RIGHT, "found nothing of this unit in any folder", False),
}


@pytest.mark.parametrize("path", PLACES)
def test_work_in_a_folder_is_found_and_offered(bare_course: Course, tmp_path: Path, path: str):
    text, told, can_be_taken = PLACES[path]
    bare_course.write(f"in/ada/{path}", text)
    choice = choose(bare_course, tmp_path / "out", str(bare_course.root / "in/ada"))
    assert choice.offer.text.startswith("expected sums.py in work/02_sums/ or at the top; ")
    assert told in choice.offer.text
    assert (choice.offer.submission is not None) == can_be_taken
    if choice.offer.submission:
        assert choice.offer.submission.files() == {"sums.py": RIGHT.encode()}


STARTER = "def add(a, b):\n    raise NotImplementedError('02.1 add')\n"


@pytest.mark.parametrize(
    "text",
    [STARTER, STARTER.replace("\n", "\r\n"), "", "version https://git-lfs.github.com/spec/v1\noid 1\n"],
)
def test_a_file_without_work_does_not_hide_the_work(bare_course: Course, tmp_path: Path, text: str):
    """The desk has the starter, a blank file, or a pointer; the work lies elsewhere."""
    bare_course.write("in/ada/work/02_sums/sums.py", text.encode())
    bare_course.write("in/ada/src/sums.py", RIGHT)
    choice = choose(bare_course, tmp_path / "out", str(bare_course.root / "in/ada"))
    assert "src/sums.py" in choice.offer.text
    assert choice.offer.submission is not None
    assert choice.offer.submission.files() == {"sums.py": RIGHT.encode()}


def test_a_starter_alone_is_graded_as_it_is(bare_course: Course, tmp_path: Path):
    bare_course.write("in/ada/work/02_sums/sums.py", STARTER)
    bare_course.write("in/ada/assignments/02_sums/sums.py", STARTER)
    bare_course.write("in/ada/notes.zip", "PK")
    assert choose(bare_course, tmp_path / "out", str(bare_course.root / "in/ada")).offer.text == ""


def test_one_stray_file_at_the_top_hides_no_desk(tmp_path: Path):
    unit = Unit("02_sums", tmp_path)
    for path in ("work/02_sums/a.py", "work/02_sums/b.py", "a.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    assert desk_of(tmp_path, unit, ("a.py", "b.py")) == tmp_path / "work/02_sums"
    assert desk_of(tmp_path, unit, ("a.py",)) == tmp_path


@pytest.mark.parametrize("path", ["sums.py", "work/02_sums/sums.py"])
def test_work_in_its_place_leaves_nothing_open(bare_course: Course, tmp_path: Path, path: str):
    bare_course.write(f"in/ada/{path}", RIGHT)
    bare_course.write("in/ada/old/sums.py", WRONG)
    assert choose(bare_course, tmp_path / "out", str(bare_course.root / "in/ada")).offer.text == ""


def test_links_are_named_and_not_followed(bare_course: Course, tmp_path: Path):
    bare_course.write("in/bob/work/02_sums/sums.py", RIGHT)
    ada = bare_course.root / "in/ada"
    (ada / "work").mkdir(parents=True)
    (ada / "work/02_sums").symlink_to(bare_course.root / "in/bob/work/02_sums")
    choice = choose(bare_course, tmp_path / "out", str(ada))
    assert "work/02_sums (a link: its files are elsewhere)" in choice.offer.text
    assert choice.offer.submission is None


def test_names_that_are_near():
    assert all(
        is_near(name, "sums.py")
        for name in ("SUMS.PY", " sums.py", "sums.py.txt", "sums copy.py", "sums_v2.py")
    )
    assert not any(
        is_near(name, "sums.py") for name in ("sum.py", "sums.pyc", "test_sums.py", "sums.txt", "sums")
    )


def test_a_default_branch_that_does_not_exist_is_no_empty_repository(
    bare_course: Course, server: GitServer, tmp_path: Path
):
    """A bare repository whose HEAD names one branch while the work was pushed to another."""
    server.push("ada", desk(RIGHT))
    rename_branch(server, "ada", "trunk")
    room = Class(bare_course, [person("ada", server.url("ada"))], tmp_path / "out")
    assert room.collect() == {}
    choice = choose(bare_course, tmp_path / "out", server.url("ada"))
    assert choice.submission is None
    assert "default branch does not exist" in choice.trouble
    assert "found branch trunk: sums.py" in choice.offer.text
    assert choice.offer.submission is not None
    assert choice.offer.received is not None
    server.make("bob")
    empty = Class(bare_course, [person("bob", server.url("bob"))], tmp_path / "out")
    assert "is empty" in empty.collect()[server.url("bob")]


def test_every_branch_is_searched_if_the_default_branch_lacks_work(
    bare_course: Course, server: GitServer, tmp_path: Path
):
    server.push("ada", {"code/sums.py": RIGHT})
    rename_branch(server, "ada", "week/two")
    server.push("ada", desk(STARTER))
    address = server.url("ada")
    room = Class(bare_course, [person("ada", address)], tmp_path / "out")
    chooser = Chooser(bare_course.unit, unit_manifest(bare_course.unit), store := room.store, {})
    assert collect(room.people, store, complete=chooser.complete) == {}
    choice = choose(bare_course, tmp_path / "out", address)
    assert "branch week/two: code/sums.py" in choice.offer.text
    assert choice.offer.submission is not None
    server.push("ada", desk(WRONG))
    collect(room.people, store, complete=chooser.complete)
    settled = choose(bare_course, tmp_path / "out", address)
    assert settled.offer.text == "", "what is in its place counts"


def test_the_total_stays_open_until_one_word_of_the_instructor(course: Course, tmp_path: Path):
    course.write("in/ada/src/sums.py", RIGHT)
    (course.root / "in/bob").mkdir()
    course.write("in/cleo/sums.py", RIGHT)
    room = Class(course, list(people_of(sorted((course.root / "in").iterdir()))), tmp_path / "out")
    manifest = unit_manifest(course.unit)

    first = room.grade()
    who = by_id(first)
    assert [name for name, each in who.items() if each.waits] == ["ada", "bob"]
    book = Gradebook(tmp_path / "out" / "02_sums")
    latest = book.latest()
    assert latest is not None
    totals = [line.split(",")[-1] for line in canvas_csv(latest, manifest).split("\r\n")[2:5]]
    assert totals == ['""', '""', '"10"'], "no import makes a zero of it"

    second = by_id(room.grade(decisions={"ada": "take", "bob": "zero"}))
    assert (second["ada"].points, second["bob"].points) == (10, 0)
    assert not second["ada"].waits
    assert not second["bob"].waits
    third = room.grade()
    assert not third.new, "the decision is kept"

    course.write("in/ada/src/sums.py", WRONG)
    assert by_id(room.grade())["ada"].waits, "other work is another decision"
    for id, decision, told in (
        ("cleo", "take", "got one with a submission"),
        ("bob", "take", "expected a file that can be graded"),
        ("dan", "zero", "got an unknown one"),
    ):
        with pytest.raises(CourseError, match=told):
            room.grade(decisions={id: decision})

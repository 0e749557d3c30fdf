"""Grading folders: every submission gets its result, whatever the one before it was."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from autograder.core.result import Status
from autograder.core.units import CourseError, Unit
from autograder.roster.choose import desk_of
from autograder.roster.folders import distinct_names, people_of
from autograder.tests.judge.small_course import Course
from autograder.tests.roster.small_class import RIGHT, Class, by_id, make_tree
from autograder.tests.tree import command, environment, mlsys

MODULES = ("sums.py",)


@pytest.mark.slow
def test_each_submission_is_graded_on_its_own(course: Course, tmp_path: Path):
    texts = {"broken": "def add(:\n", "ada": RIGHT, "crash": "import os\nos._exit(0)\n", "zoe": RIGHT}
    for name, text in texts.items():
        course.write(f"in/{name}/sums.py", text)
    course.write("in/repository/work/02_sums/sums.py", RIGHT)
    (course.root / "in/empty").mkdir()
    (course.root / "in/link").mkdir()
    (course.root / "in/link/sums.py").symlink_to(course.root / "in/ada/sums.py")
    course.write("in/large/sums.py", "#" * (2 << 20))
    people = people_of(sorted((course.root / "in").iterdir()))
    who = by_id(Class(course, list(people), tmp_path / "out").grade())
    points = {name: each.points for name, each in who.items()}
    expected = {"ada": 10, "zoe": 10, "repository": 10}
    assert points == {name: expected.get(name, 0) for name in who}
    statuses = {
        name: {test.status for test in each.result.tests} if each.result else None
        for name, each in who.items()
    }
    assert statuses["link"] == statuses["large"] == {Status.INVALID_SUBMISSION}
    assert statuses["empty"] == {Status.MISSING}
    assert statuses["crash"] == {Status.CRASHED}


def test_advice_about_names_survives_the_journey(course: Course, tmp_path: Path):
    """What the judge says of files that it did not get comes from their names alone."""
    course.write("in/ada/Sums.py", RIGHT)
    course.write("in/ada/numpy.py", "raise SystemExit\n")
    course.write("in/ada/.hidden", "x")
    result = by_id(Class(course, list(people_of([course.root / "in/ada"])), tmp_path / "out").grade())[
        "ada"
    ].result
    assert result is not None
    assert "the submission has Sums.py but no sums.py" in result.tests[0].feedback.message
    assert any("name of the library numpy" in note for note in result.notes)


def test_names_that_clash_are_told_apart(tmp_path: Path):
    folders = [tmp_path / "a" / "work", tmp_path / "b" / "work", tmp_path / "c d", tmp_path / "a" / "Work"]
    for folder in folders:
        folder.mkdir(parents=True)
    assert [each.id for each in people_of([*folders, folders[0]])] == ["a-work", "b-work", "c_d", "a-Work-2"]


def test_names_are_safe_as_file_names(tmp_path: Path):
    names = distinct_names([tmp_path / "..x", tmp_path / "é ø", tmp_path / "..."])
    assert list(names.values()) == ["x", "é_ø", "submission"]


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path):
    (tmp_path / "file.py").write_text("")
    (tmp_path / "ada.zip").write_bytes(b"PK")
    with pytest.raises(CourseError, match="got a file"):
        people_of([tmp_path / "file.py"])
    with pytest.raises(CourseError, match="got nothing"):
        people_of([tmp_path / "nowhere"])
    with pytest.raises(CourseError, match="got an archive\n  to fix: unpack it"):
        people_of([tmp_path / "ada.zip"])


def test_a_desk_that_is_a_link_is_not_followed(tmp_path: Path):
    unit = Unit("02_sums", tmp_path)
    real = tmp_path / "ada" / "work" / "02_sums"
    real.mkdir(parents=True)
    assert desk_of(tmp_path / "ada", unit, MODULES) == real
    bob = tmp_path / "bob"
    (bob / "work").mkdir(parents=True)
    (bob / "work" / "02_sums").symlink_to(real)
    assert desk_of(bob, unit, MODULES) == bob
    eve = tmp_path / "eve"
    eve.mkdir()
    (eve / "work").symlink_to(tmp_path / "ada" / "work")
    assert desk_of(eve, unit, MODULES) == eve


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The course itself with the miniature unit: what the command line needs."""
    course = make_tree(tmp_path)
    course.write("ada [bold]/sums.py", RIGHT)
    course.write("class.csv", "id,name,repository\ns1,Ada,ada [bold]\n")
    return course.root


@pytest.mark.slow
def test_the_command_writes_a_version_and_prints_a_table(tree: Path):
    done = mlsys(tree, "grade", "02", "ada [bold]", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert "10/10" in done.stdout
    version = tree / "out/02_sums/versions/0001"
    assert json.loads((version / "grades.json").read_text())["people"][0]["id"] == "ada_bold_"
    assert (version / "students/ada_bold_/report.html").is_file()
    again = mlsys(tree, "grade", "02", "ada [bold]", "--out", "out")
    assert "every grade is the same as in version 1" in again.stdout
    roster = mlsys(tree, "grade", "02", "--roster", "class.csv", "--out", "out")
    assert "version 2 is in" in roster.stdout, roster.stderr
    fetched = mlsys(tree, "collect", "02", "--roster", "class.csv", "--out", "out")
    assert (fetched.returncode, fetched.stdout) == (
        0, "1 people, 1 with files in work/02_sums/; 0 not fetched\n"
    )  # fmt: skip


@pytest.mark.slow
def test_ctrl_c_stops_and_the_next_run_goes_on(tree: Path):
    course = Course(Unit("02_sums", tree), tree)
    names = [f"in/s{number}" for number in range(4)]
    for number, name in enumerate(names):
        course.write(f"{name}/sums.py", f"import time\ntime.sleep(0.3)\n{RIGHT}# {number}\n")
    journal = tree / "out/02_sums/journal.jsonl"
    process = subprocess.Popen(
        command("grade", "02", *names, "--out", "out"),
        cwd=tree,
        env=environment(tree),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not (journal.exists() and '"graded"' in journal.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "run the same command to continue" in errors
    kept = journal.read_text().count('"graded"')
    assert 1 <= kept < 4
    done = mlsys(tree, "grade", "02", *names, "--out", "out")
    assert done.returncode == 0, done.stderr
    assert f"{4 - kept} graded now" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("grade", "02"), "expected either folders of submissions or --roster FILE, got neither"),
        (
            ("grade", "02", ".", "--roster", "class.csv"),
            "expected either folders of submissions or --roster FILE, got both",
        ),
        (("grade", "02", ".", "--deadline", "2026-11-30T12:00Z"), "a folder has no record"),
        (
            ("grade", "02", "--roster", "class.csv", "--deadline", "2026-11-30T12:00Z"),
            "got plain folders for: s1",
        ),
        (("grade", "02", "--roster", "class.csv", "--deadline", "soon"), "--deadline: expected a date"),
        (("grade", "02", "--roster", "class.csv", "--shard", "1/2"), "--shard needs --seed"),
        (("grade", "02", ".", "--seed", "1", "--regrade"), "expected either --seed or --regrade, got both"),
        (("grade", "02", "--roster", "none.csv"), "No such file"),
        (("grade", "02", ".", "--gpu"), "--gpu: unit 02_sums does not use a GPU"),
        (("merge", "nowhere"), "got no folder"),
        (("merge", "."), "there are no parts in these folders"),
    ],
)
def test_wrong_words_get_one_message(tree: Path, arguments: tuple[str, ...], message: str):
    done = mlsys(tree, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_sandbox_nothing_is_graded(tree: Path):
    """With nothing but the tools of git on the PATH, as on a machine that lacks bubblewrap."""
    tools = tree / "tools"
    tools.mkdir()
    for name in ("git", "sh", "timeout"):
        (tools / name).symlink_to(shutil.which(name) or name)
    done = mlsys(tree, "grade", "02", "ada [bold]", "--out", "out", PATH=str(tools))
    assert done.returncode == 2
    assert "grading needs a sandbox" in done.stderr
    assert not (tree / "out").exists()

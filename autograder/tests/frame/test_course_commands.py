"""The commands as a person types them, on a course with one small unit."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
from pathlib import Path

import pytest

from autograder.core.units import Unit
from autograder.release.desk import ensure_desk
from autograder.release.starters import solved_files
from autograder.tests.mini import make_course_with_tools
from autograder.tests.tree import command, environment, mlsys

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course_with_tools(tmp_path_factory.mktemp("built"))


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    """A course of its own for each test."""
    return Path(shutil.copytree(built, tmp_path / "course"))


@pytest.fixture
def desk(root: Path) -> Path:
    unit = Unit("01_tiny", root)
    ensure_desk(unit)
    return unit.desk


def solve(root: Path, *names: str) -> None:
    unit = Unit("01_tiny", root)
    for name, content in solved_files(unit).items():
        if name in names:
            (unit.desk / name).write_bytes(content)


def told(done: subprocess.CompletedProcess[str]) -> str:
    """What a command printed; a traceback is never part of it."""
    text = done.stdout + done.stderr
    assert "Traceback" not in text, text
    assert "internal error" not in text, text
    return text


def test_from_nothing_to_all_points(root: Path, desk: Path):
    done = mlsys(root, "status")
    assert done.returncode == 0
    assert "not checked yet" in told(done)
    done = mlsys(root, "check", "01")
    assert done.returncode == 1
    assert "Nothing is written yet. Start with 01.1 add" in told(done)
    solve(root, "ops.py")
    for words in (("tiny.1",), ("add",), ("work/01_tiny/ops.py",)):
        done = mlsys(root, "check", *words)
        assert done.returncode == 0, told(done)
        assert "5 of 5 points. Everything passes" in told(done)
    assert "5 of 9 points" in told(mlsys(root, "check")), "the only unit on the desk"
    done = mlsys(root, "status")
    assert "5/9" in told(done)
    assert "5 of 9 points in total" in told(done)
    with (desk / "ops.py").open("a") as file:
        file.write("# one more line\n")
    words = " ".join(told(mlsys(root, "status")).split())
    assert "?/5" in words
    assert "edited since this check: ops.py" in words
    assert "0 of 9 points in total; 5 more for files that you edited since: check them again" in words
    solve(root, "ops.py", "fast.py")
    done = mlsys(root, "check", "1", "--html", str(root / "build/report.html"))
    assert done.returncode == 0
    assert "9 of 9 points" in (root / "build/report.html").read_text()
    assert "9 of 9 points in total" in told(mlsys(root, "status"))


def test_a_failed_check_teaches(root: Path, desk: Path):
    solve(root, "ops.py", "fast.py")
    path = desk / "ops.py"
    path.write_text(path.read_text().replace("pair[0] + pair[1]", "pair[0] - pair[1]"))
    done = mlsys(root, "check", "01.1", "--seed", "5")
    text = told(done)
    assert done.returncode == 1
    for part in (
        "ops.py",
        "add(a list of 4, b list of 4)",
        "is it a sum?",
        "got",
        "expected",
        "seed 5",
    ):
        assert part in text
    again = told(mlsys(root, "check", "01.1", "--seed", "5"))
    numbers = re.compile(r"(got|expected) +(\S+)")
    assert numbers.findall(again) == numbers.findall(text), "the seed draws the same inputs"


def test_hidden_checks_show_their_category_alone(root: Path, desk: Path):
    solve(root, "ops.py", "fast.py")
    path = desk / "fast.py"
    path.write_text(path.read_text().replace("a[i] * factor", "a[i] * (factor or 1)"))
    text = told(mlsys(root, "check", "01", "--verbose"))
    assert "hidden check" in text
    assert "zeros" not in text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("check", "77"), 2, "unknown unit '77'"),
        (("check", "01.9"), 2, "expected: one of 01.1 add, 01.2 scale"),
        (("check", "01."), 2, "you have no files for unit 01 yet"),
        (("check", "01"), 2, "you have no files for unit 01 yet"),
        (("reset", "01"), 2, "expected: a task, like 01.1"),
        (("reset", "01.9"), 2, "expected: one of 01.1 add"),
        (("grade", "01", "nowhere"), 2, "got nothing"),
        (("grade", "09", "."), 2, "unknown unit '09'"),
        (("release", "--unit", "01"), 2, "--unit UNIT --out DIR"),
        (("release", "--unit", "01", "--out", "."), 2, "the course itself is there"),
        (("release", "--not-before", "2026-12-10"), 2, "--not-before needs a student tree"),
        (
            ("release", "--unit", "01", "--out", "week1", "--not-before", "2999-01-02"),
            1,
            "until 2999-01-02 00:00",
        ),
        (("check",), 2, "you have no files in work/ yet"),
        (("check", "subtract"), 2, "unknown name 'subtract'"),
    ],
)
def test_wrong_words_get_one_message(root: Path, arguments: tuple[str, ...], code: int, message: str):
    done = mlsys(root, *arguments)
    assert done.returncode == code, told(done)
    assert message in " ".join(told(done).split())


def test_an_edit_of_the_assignment_instead_of_the_desk_is_noticed(root: Path, desk: Path):
    assert "which nobody grades" not in told(mlsys(root, "check", "01.1"))
    starter = (desk / "ops.py").read_bytes()
    solve(root, "ops.py")
    (root / "assignments/01_tiny/ops.py").write_bytes((desk / "ops.py").read_bytes())
    (desk / "ops.py").write_bytes(starter)
    text = " ".join(told(mlsys(root, "check", "01.1")).split())
    assert (
        "01.1: written in assignments/01_tiny/ops.py, which nobody grades. Copy it to work/01_tiny/ops.py, your desk."
        in text
    )


def test_a_student_file_with_a_syntax_error(root: Path, desk: Path):
    (desk / "ops.py").write_text("def add(a, b):\n    return (\n")
    done = mlsys(root, "check", "01")
    assert done.returncode == 1
    assert "ops.py:2" in told(done)
    assert "0 of 9" in done.stdout or "4 of 9" in done.stdout


def test_a_missing_student_file(root: Path, desk: Path):
    (desk / "ops.py").unlink()
    done = mlsys(root, "check", "01.1")
    assert done.returncode == 1
    assert "the submission has no file ops.py" in told(done)


@pytest.mark.parametrize(
    "arguments", [("check", "01"), ("status",), ("release",), ("grade", "01", "."), ("reset", "01.1")]
)
def test_a_broken_manifest(root: Path, arguments: tuple[str, ...]):
    path = root / "assignments/01_tiny/assignment.toml"
    path.write_text(path.read_text().replace("points = 5", "points = 6"))
    done = mlsys(root, *arguments)
    assert done.returncode == 2
    assert re.search(r"assignment.toml:\d+: task 01.1, points: expected .* 3 \+ 2 = 5, got 6", told(done))


def test_check_without_a_sandbox_still_serves_and_says_so(root: Path, desk: Path):
    solve(root, "ops.py")
    empty = root / "build" / "bin"
    empty.mkdir(parents=True)
    done = mlsys(root, "check", "01.1", PATH=str(empty))
    assert done.returncode == 0, told(done)
    assert "no sandbox" in told(done)
    done = mlsys(root, "grade", "01", str(desk), PATH=str(empty))
    assert done.returncode == 2
    assert "grading needs a sandbox" in told(done)


def test_grade_prints_a_table_and_writes_results(root: Path, desk: Path, tmp_path: Path):
    solve(root, "ops.py")
    shutil.copytree(desk, tmp_path / "ada [bold]")
    done = mlsys(root, "grade", "01", str(tmp_path / "ada [bold]"), str(desk), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, told(done)
    assert "5/12" in told(done)
    assert "2 of 2 totals need marks. Next: ./mlsys mark 01" in told(done)
    version = tmp_path / "out/01_tiny/versions/0001"
    people = json.loads((version / "grades.json").read_text())["people"]
    assert [(each["id"], each["points"]) for each in people] == [("ada_bold_", 5), ("01_tiny", 5)]
    assert (version / "students/01_tiny/report.html").is_file()


def test_reset_in_words(root: Path, desk: Path):
    solve(root, "ops.py")
    assert mlsys(root, "check", "01.1").returncode == 0
    done = mlsys(root, "reset", "01.1")
    assert done.returncode == 0
    assert "your old file is ops.py.before-reset-1" in told(done)
    assert "nothing to restore" in told(mlsys(root, "reset", "01.1"))
    assert "0 of 9 points in total" in told(mlsys(root, "status")), "the points went with the file"
    (desk / "ops.py.before-reset-1").rename(desk / "ops.py")
    assert "5 of 9 points in total" in told(mlsys(root, "status"))
    (desk / "fast.py").write_text("x = 1\n")
    assert "fast.py.before-reset-1" in told(mlsys(root, "reset", "01", "--all"))


def test_units_names_the_missing_parts(root: Path):
    text = told(mlsys(root, "units"))
    assert "01_tiny" in text
    assert "has no slides" in text


def test_release_check_and_release(root: Path, tmp_path: Path):
    assert mlsys(root, "release", "--check").returncode == 0
    path = root / "assignments/01_tiny/ops.py"
    path.write_text(path.read_text() + "# drift\n")
    done = mlsys(root, "release", "--check")
    assert done.returncode == 1
    assert "-# drift" in told(done)
    assert "./mlsys release 01" in told(done)
    assert mlsys(root, "release", "01").returncode == 0
    assert mlsys(root, "release", "--check").returncode == 0
    done = mlsys(root, "release", "--unit", "01", "--out", str(tmp_path / "week"))
    assert done.returncode == 0, told(done)
    tree = tmp_path / "week"
    done = mlsys(tree, "check", "01")
    assert done.returncode == 1
    assert "0 of 6 points" in told(done)
    assert "Hidden checks, which your instructor runs, give 3 more points" in told(done)
    unit = Unit("01_tiny", root)
    for name, content in solved_files(unit).items():
        (tree / "work/01_tiny" / name).write_bytes(content)
    done = mlsys(tree, "check", "01")
    assert done.returncode == 0, "all public points are all that can be had here"
    assert "6 of 6 points. All public checks pass. Hidden checks look at edges and races." in told(done)
    assert "6/6" in told(mlsys(tree, "status"))
    done = mlsys(tree, "reset", "01.1")
    assert done.returncode == 0
    assert mlsys(tree, "units").returncode == 0


def test_the_live_line_is_drawn_on_a_terminal_and_gone_at_the_end(root: Path, desk: Path):
    path = desk / "ops.py"  # slow enough for a line to be drawn
    path.write_text(
        path.read_text().replace(
            "raise NotImplementedError(", "import time; time.sleep(2); raise ValueError("
        )
    )
    main, side = pty.openpty()
    process = subprocess.Popen(
        command("check", "01"), cwd=root, env=environment(root, TERM="xterm"), stdout=side, stderr=side
    )
    os.close(side)
    text = b""
    while select.select([main], [], [], 60)[0]:
        try:
            data = os.read(main, 4096)
        except OSError:
            break
        if not data:
            break
        text += data
    os.close(main)
    assert process.wait(60) == 1
    assert b"checking 01: getting ready" in text
    assert re.search(rb"now 01.1 add: sums, \d+ s \(limit 20 s\)", text)
    assert b"Good start" in text.split(b"checking 01")[-1]

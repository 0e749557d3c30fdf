"""The desk is set once and then the student's: nothing is overwritten without a copy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.core.files import write_atomic, write_new
from autograder.core.units import CourseError, Unit, course_root
from autograder.release.desk import ensure_desk, reset_files, reset_task


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_desk_has_the_lab_the_starters_and_the_given_files(unit: Unit):
    new = ensure_desk(unit)
    assert sorted(new) == ["01_tiny.ipynb", "fast.py", "ops.py", "shapes.py"] == names(unit.desk)
    assert (unit.desk / "ops.py").read_bytes() == (unit.assignment / "ops.py").read_bytes()
    assert (unit.desk / "01_tiny.ipynb").read_bytes() == unit.lab.read_bytes()


def test_what_is_there_is_never_overwritten(unit: Unit):
    ensure_desk(unit)
    (unit.desk / "ops.py").write_text("mine")
    (unit.desk / "fast.py").unlink()
    assert ensure_desk(unit) == ["fast.py"]
    assert (unit.desk / "ops.py").read_text() == "mine"
    assert ensure_desk(unit) == []


def test_a_dangling_link_counts_as_taken(unit: Unit):
    unit.desk.mkdir(parents=True)
    (unit.desk / "ops.py").symlink_to("nowhere.py")
    assert "ops.py" not in ensure_desk(unit)
    assert (unit.desk / "ops.py").is_symlink()


def test_a_course_without_starters_says_how_to_make_them(raw_unit: Unit):
    with pytest.raises(
        CourseError, match=r"missing files in .*: ops.py, fast.py, shapes.py\n.*mlsys release 01"
    ):
        ensure_desk(raw_unit)


def test_a_desk_that_cannot_be_made(unit: Unit):
    unit.desk.parent.write_text("a file where the folder should be")
    with pytest.raises(CourseError, match="cannot write to the desk"):
        ensure_desk(unit)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig", "cp1252"])
def test_reset_keeps_a_modules_encoding(unit: Unit, encoding: str):
    ensure_desk(unit)
    path = unit.desk / "ops.py"
    cookie = "" if encoding == "utf-8-sig" else f"# -*- coding: {encoding} -*-\n"
    starter = path.read_text()
    text = cookie + "# M\u00fcller\n" + starter.replace("raise NotImplementedError", "return str")
    path.write_bytes(text.encode(encoding))
    assert reset_task(unit, "01.1") is not None
    restored = path.read_bytes().decode(encoding)
    assert restored == cookie + "# M\u00fcller\n" + starter
    path.write_bytes(b"# coding: nonsense\n" + starter.encode())
    with pytest.raises(CourseError, match=r"cannot restore one task in ops.py: .*nonsense"):
        reset_task(unit, "01.1")


def test_reset_puts_one_task_back_and_keeps_the_old_file(unit: Unit):
    ensure_desk(unit)
    path = unit.desk / "ops.py"
    starter = path.read_text()
    edited = starter.replace(
        'raise NotImplementedError("01.1 add: Sum two lists, element by element.")', "return a"
    )
    edited = edited.replace("return now(),now()", "return 2, 2").replace(
        "import itertools", "import os\nimport itertools"
    )
    path.write_text(edited)
    done = reset_task(unit, "01.1")
    assert done is not None
    assert done.kept == path.with_name("ops.py.before-reset-1")
    assert path.with_name("ops.py.before-reset-1").read_text() == edited
    text = path.read_text()
    assert "01.1 add" in text
    assert "return 2, 2" in text, "another function of the file is the student's"
    assert "import os" in text
    assert reset_task(unit, "01.1") is None, "there is nothing left to do"
    path.write_text(edited)
    again = reset_task(unit, "01.1")
    assert again is not None
    assert again.kept == path.with_name("ops.py.before-reset-2")


def test_reset_brings_back_a_deleted_function_and_a_deleted_file(unit: Unit):
    ensure_desk(unit)
    (unit.desk / "ops.py").write_text("X = 1\n")
    assert reset_task(unit, "01.1")
    text = (unit.desk / "ops.py").read_text()
    assert text.startswith("X = 1\n")
    assert "def add(a, b):" in text
    (unit.desk / "fast.py").unlink()
    done = reset_task(unit, "01.2")
    assert done is not None
    assert done.kept is None
    assert (unit.desk / "fast.py").read_bytes() == (unit.assignment / "fast.py").read_bytes()


def test_reset_of_a_file_that_is_not_python(unit: Unit):
    ensure_desk(unit)
    path = unit.desk / "ops.py"
    path.write_text("def add(:\n")
    with pytest.raises(CourseError, match=r"ops.py: line 1: not valid Python.*(.|\n)*--file"):
        reset_task(unit, "01.1")
    assert path.read_text() == "def add(:\n"
    [done] = reset_files(unit, ["ops.py"])
    assert done.kept is not None
    assert done.kept.read_text() == "def add(:\n"
    assert path.read_bytes() == (unit.assignment / "ops.py").read_bytes()


def test_reset_keeps_windows_line_ends(unit: Unit):
    ensure_desk(unit)
    path = unit.desk / "ops.py"
    path.write_bytes(path.read_bytes().replace(b"raise NotImpl", b"return 1 # ").replace(b"\n", b"\r\n"))
    assert reset_task(unit, "01.1")
    data = path.read_bytes()
    assert b"raise NotImplementedError" in data
    assert data.count(b"\n") == data.count(b"\r\n")


def test_reset_of_the_whole_unit(unit: Unit):
    ensure_desk(unit)
    (unit.desk / "ops.py").write_text("a")
    (unit.desk / "01_tiny.ipynb").write_text("{}")
    done = reset_files(unit)
    assert sorted(each.path.name for each in done) == ["01_tiny.ipynb", "ops.py"]
    assert (unit.desk / "01_tiny.ipynb.before-reset-1").read_text() == "{}"


def test_reset_of_an_unknown_task(unit: Unit):
    with pytest.raises(CourseError, match=r"01\.1 add"):
        reset_task(unit, "01.7")


def test_write_new_never_replaces(tmp_path: Path):
    path = tmp_path / "x"
    assert write_new(path, b"1")
    assert not write_new(path, b"2")
    assert path.read_bytes() == b"1"
    assert names(tmp_path) == ["x"]


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path):
    path = tmp_path / "x"
    path.mkdir()  # cannot be replaced by a file
    (path / "inside").write_text("kept")
    with pytest.raises(OSError, match="x"):
        write_atomic(path, b"new")
    assert names(tmp_path) == ["x"]
    assert (path / "inside").read_text() == "kept"


WRITER = """
import sys
from pathlib import Path
from autograder.core.files import write_atomic
path = Path(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    number += 1
    write_atomic(path, f"{number}\\n" * 20_000)
"""


def test_a_kill_during_writes_leaves_a_whole_file(tmp_path: Path):
    """Ten kills at arbitrary moments: the file is never torn, and never gone."""
    path = tmp_path / "x"
    write_atomic(path, "0\n" * 20_000)
    for trial in range(10):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(course_root())},
        )
        assert writer.stdout
        writer.stdout.readline()
        time.sleep(0.006 * trial)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        lines = path.read_text().split()
        assert len(lines) == 20_000
        assert len(set(lines)) == 1

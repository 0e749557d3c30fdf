"""A full disk, a read-only desk and a limit on files are named, with what is safe; none of them loses anything."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import cli
from autograder.core.append_log import Journal
from autograder.core.files import write_atomic
from autograder.core.storage import explain
from autograder.core.units import Unit
from autograder.release.desk import ensure_desk
from autograder.tests.mini import make_course_with_tools
from autograder.tests.tree import environment, mlsys


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB, which a test may fill."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]).returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def unit(disk: Path, tmp_path: Path) -> Unit:
    """A course whose desk, and nothing else, is on the small disk."""
    root = make_course_with_tools(tmp_path)
    (disk / "work").mkdir()
    (root / "work").symlink_to(disk / "work")
    unit = Unit("01_tiny", root)
    ensure_desk(unit)
    unit.desk.joinpath("ops.py").write_text("mine = 1\n")
    return unit


def fill(disk: Path) -> None:
    with (disk / "fill").open("wb", buffering=0) as file:
        for size in (4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)


@pytest.mark.slow
def test_commands_on_a_full_disk_say_so_and_what_is_safe(unit: Unit, disk: Path):
    fill(disk)
    for command, safe in (
        (["reset", "01.1", "--file"], "no file is lost"),
        (["lab", "01", "--no-browser"], "your files are unchanged"),
        (["grade", "01", str(unit.desk), "--out", str(disk / "grades")], "what is graded is kept"),
    ):
        done = mlsys(unit.root, *command)
        assert done.returncode == 74, done.stderr
        first, second, third = done.stderr.splitlines()
        assert first.startswith("mlsys: the disk is full: ")
        assert safe in second
        assert "free some space (there is 0 MB in " in third
    checked = mlsys(unit.root, "check", "01")
    assert "the submission has no function add" in checked.stdout or "ops.py" in checked.stdout
    assert "./mlsys status does not know of this check: the disk is full" in checked.stdout
    assert unit.desk.joinpath("ops.py").read_text() == "mine = 1\n"


@pytest.mark.slow
def test_a_read_only_desk_can_be_checked(unit: Unit, disk: Path):
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    checked = mlsys(unit.root, "check", "01")
    assert "./mlsys status does not know of this check: read-only file system: " in checked.stdout
    done = mlsys(unit.root, "reset", "01.1", "--file")
    assert done.returncode == 74
    assert done.stderr.startswith("mlsys: read-only file system: ")
    assert "no file is lost" in done.stderr


@pytest.mark.slow
def test_a_limit_on_the_size_of_files_is_no_internal_error(tmp_path: Path):
    root = make_course_with_tools(tmp_path)
    unit = Unit("01_tiny", root)
    ensure_desk(unit)
    unit.desk.joinpath("ops.py").write_text("mine = 1\n")

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4, 4))

    for command in ("check", "reset"):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "autograder", command, "01.1"],
            cwd=root,
            env=environment(root),
            capture_output=True,
            text=True,
            preexec_fn=small_files,
        )
        assert done.returncode == 74, done.stderr
        assert done.stderr.startswith("mlsys: a file would be larger than this shell allows")
        assert "internal error" not in done.stderr
    assert unit.desk.joinpath("ops.py").read_text() == "mine = 1\n"


def test_a_failed_write_names_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for write in (lambda path: write_atomic(path, "x"), lambda path: Journal(path).append("x")):
        with pytest.raises(OSError, match="No space") as caught:
            write(tmp_path / "file")
        assert explain(caught.value).startswith(f"the disk is full: {tmp_path / 'file'}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["file"], "no temporary file stays"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.EDQUOT, "Quota", "/tmp/x"), "the disk is full: /tmp/x"),
        (OSError(errno.EROFS, "Read-only", "/tmp/x"), "read-only file system: /tmp/x"),
        (OSError(errno.EACCES, "Permission denied", "/tmp/x"), "no access: /tmp/x (Permission denied)"),
        (OSError(errno.EPERM, "Operation not permitted"), ""),
        (OSError(errno.ECONNREFUSED, "refused"), ""),
        (ValueError("x"), ""),
    ],
)
def test_an_error_from_outside_is_told_from_a_bug(
    error: Exception, told: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "argv", ["mlsys", "check"])
    message, code = cli.from_outside(error)
    assert message.partition("\n")[0] == told
    assert not told or (code == 74 and "your files are unchanged" in message)

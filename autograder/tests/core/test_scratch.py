"""Temporary folders: gone with their makers, also with those that were killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.core import scratch
from autograder.core.scratch import scratch_folder
from autograder.core.units import course_root

MAKER = """
import sys, time
from autograder.core.scratch import scratch_folder
with scratch_folder("test") as folder:
    folder.joinpath("work").write_text("half done")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(scratch, "YOUNG", -1.0)
    return tmp_path


def maker() -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", MAKER], stdout=subprocess.PIPE, text=True, cwd=course_root()
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_folder_goes_at_the_end_and_with_an_error(room: Path):
    with scratch_folder("test") as folder:
        assert folder.parent == room
        (folder / "deep" / "down").mkdir(parents=True)
    with pytest.raises(RuntimeError), scratch_folder("test"):
        raise RuntimeError
    assert list(room.iterdir()) == []


def test_the_next_maker_removes_what_a_killed_one_left():
    process, left = maker()
    with scratch_folder("test"):
        assert left.is_dir(), "its maker lives"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert (left / "work").exists()
    with scratch_folder("test") as mine:
        assert not left.exists()
        with scratch_folder("test"):
            assert mine.is_dir(), "this process holds it"


def test_what_may_just_be_made_and_what_is_not_ours_stays(room: Path, monkeypatch: pytest.MonkeyPatch):
    young, other = room / f"{scratch.PREFIX}young", room / "somebody-elses"
    link, target = room / f"{scratch.PREFIX}link", room / "target"
    for folder in (young, other, target):
        folder.mkdir()
    link.symlink_to(target)
    with monkeypatch.context() as patched:
        patched.setattr(scratch, "YOUNG", 60.0)
        scratch.sweep()
    assert young.is_dir()
    scratch.sweep()
    assert not young.exists()
    assert other.is_dir()
    assert target.is_dir()

"""The hard memory limit under the watchdog: which group serves, and what it says of a process that was ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.core.result import Status
from autograder.judge.session import cgroup
from autograder.judge.session.cgroup import ControlGroup, find_parent, mounted
from autograder.tests.judge.small_course import Course


def machine(tmp_path: Path, own: str, controllers: dict[str, str]) -> Path:
    """A folder like /proc/self, and control groups made of plain folders."""
    process = tmp_path / "self"
    process.mkdir()
    (process / "cgroup").write_text(f"9:name=systemd:/\n0::{own}\n")
    (process / "mountinfo").write_text(
        "22 1 0:21 / /proc rw - proc proc rw\n"
        f"30 24 0:26 / {tmp_path}/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"
    )
    (tmp_path / "cgroup" / own.strip("/")).mkdir(parents=True)
    for name, text in controllers.items():
        place = tmp_path / "cgroup" / name.strip("/")
        place.mkdir(parents=True, exist_ok=True)
        (place / "cgroup.subtree_control").write_text(text)
    return process


def test_the_nearest_group_that_hands_memory_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(cgroup, "usable", lambda folder: asked.append(folder) or folder.name == "user")
    process = machine(tmp_path, "/user/app/me", {"/user": "memory pids"})
    assert find_parent(process) == tmp_path / "cgroup" / "user"
    assert [folder.name for folder in asked] == ["me", "app", "user"]


def test_none_above_the_mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(cgroup, "usable", lambda folder: asked.append(folder))
    assert find_parent(machine(tmp_path, "/a", {})) is None
    assert [folder.name for folder in asked] == ["a", "cgroup"]


def test_a_group_without_the_controller_is_not_usable(tmp_path: Path):
    machine(tmp_path, "/a", {"/a": "cpu pids"})
    assert not cgroup.usable(tmp_path / "cgroup" / "a")
    assert not cgroup.usable(tmp_path / "nowhere")


def test_version_1_is_none(tmp_path: Path):
    (tmp_path / "cgroup").write_text("4:memory:/a\n")
    (tmp_path / "mountinfo").write_text("30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n")
    assert find_parent(tmp_path) is None
    with pytest.raises(ValueError, match="version 2"):
        mounted(tmp_path)


def test_what_a_group_is_told_and_says(tmp_path: Path):
    """Plain files stand for the kernel's: the limit lies above the watchdog's, and only new kills count."""
    group = ControlGroup(tmp_path)
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 9\noom 2\noom_kill 2\noom_group_kill 0\n")
    group.limit(1000, 64)
    assert int((tmp_path / "memory.max").read_text()) == (1000 + cgroup.SLACK_MB) << 20
    assert (tmp_path / "pids.max").read_text() == "64"
    assert not group.exceeded
    (tmp_path / "memory.events").write_text("oom 3\noom_kill 3\noom_group_kill 0\n")
    assert group.exceeded


def test_a_sandbox_in_a_group_that_cannot_be_joined_still_starts(
    course: Course, monkeypatch: pytest.MonkeyPatch
):
    """The command that joins goes on without; the watchdog is there in any case."""
    folder = course.root / "group"
    folder.mkdir()
    monkeypatch.setattr(ControlGroup, "make", lambda: ControlGroup(folder))
    monkeypatch.setattr(ControlGroup, "remove", lambda _: None)
    assert course.one().passed
    assert "memory.max" in {path.name for path in folder.iterdir()}


def test_what_the_kernel_ended_is_a_memory_limit(course: Course, monkeypatch: pytest.MonkeyPatch):
    folder = course.root / "group"
    folder.mkdir()
    events = folder / "memory.events"
    events.write_text("oom_kill 0\n")
    monkeypatch.setattr(ControlGroup, "make", lambda: ControlGroup(folder))
    monkeypatch.setattr(ControlGroup, "remove", lambda _: None)
    monkeypatch.setattr(ControlGroup, "exceeded", property(lambda _: True))
    test = course.one("import os\ndef add(a, b): os.kill(os.getpid(), 9)")
    assert test.status is Status.MEMORY_LIMIT
    assert "the kernel ended" in test.feedback.message


def test_a_real_group(course: Course):
    """Where this machine has control groups version 2 that we may use: the kernel ends what passes the limit."""
    if cgroup.parent() is None:
        pytest.skip("no control group version 2 with a memory controller that this process may write to")
    group = ControlGroup.make()
    assert group is not None
    group.limit(-cgroup.SLACK_MB + 64, 16)
    done = subprocess.run(group.wrap([sys.executable, "-c", "x = bytearray(10**9)"]), check=False)
    assert done.returncode == -9
    assert group.exceeded
    group.remove()
    assert not group.folder.exists()
    assert course.grade().machine["memory_limit"] == "cgroup v2, watchdog"

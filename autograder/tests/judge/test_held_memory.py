"""Memory that a submission makes others hold: large replies, values of failed checks, sockets, open files, caches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.core.manifest import Limits
from autograder.core.result import Status
from autograder.judge.session.session import LARGEST_REPLY, largest_reply
from autograder.judge.worker import caches
from autograder.tests.judge.small_course import CHECK, Course

RELEASED = (
    CHECK
    + """
import weakref
kept = []
def test_one(student):
    got = student.call("add", 1, 2)
    kept.append(weakref.ref(got))
    expect_close(got, np.zeros(3))
def test_two(student):
    assert kept[0]() is None, "the reply of the failed check is still in memory"
"""
)
SOCKETS = """
import socket
def add(a, b):
    pairs = [socket.socketpair() for _ in range(COUNT)]
    for one, _ in pairs:
        one.setblocking(False)
        try:
            while True:
                one.send(bytes(1 << 16))
        except BlockingIOError:
            pass
    import time
    time.sleep(SECONDS)
    return a + b
"""
FILES = """
import os, time
def add(a, b):
    for _ in range(12):
        if os.fork() == 0:
            for _ in range(3000):
                os.dup(0)
            time.sleep(60)
    time.sleep(60)
"""


def test_a_reply_is_a_part_of_the_memory_limit():
    assert largest_reply(Limits(memory_mb=512)) == 128 << 20
    assert largest_reply(Limits(memory_mb=1 << 20)) == LARGEST_REPLY


@pytest.mark.slow
def test_a_reply_above_its_limit_is_refused(course: Course):
    course.checks(wall_seconds=30)
    test = course.one("import numpy as np\ndef add(a, b): return np.ones(130 << 20, np.uint8)")
    assert test.status is Status.PROTOCOL_ERROR
    assert "over the limit" in test.feedback.message


def test_a_failed_check_releases_its_values(course: Course):
    course.checks(RELEASED, {"test_one": 1, "test_two": 1})
    first, second = course.grade("import numpy as np\ndef add(a, b): return np.ones(3)").tests
    assert first.status is Status.FAILED
    assert second.passed, second.feedback.message


@pytest.mark.slow
@pytest.mark.alone  # what the machine's other processes hold counts too
def test_memory_in_unread_sockets_counts(course: Course):
    course.checks(wall_seconds=20)
    test = course.one(SOCKETS.replace("COUNT", "1400").replace("SECONDS", "9"))
    assert test.status is Status.MEMORY_LIMIT, test.feedback
    assert course.one(SOCKETS.replace("COUNT", "100").replace("SECONDS", "1")).passed


@pytest.mark.slow
@pytest.mark.alone  # comes close to a limit of processes
def test_thousands_of_open_files_do_not_slow_the_watchdog(course: Course):
    course.checks(wall_seconds=20)
    test = course.one(FILES)
    assert test.status is Status.PROCESS_LIMIT, test.feedback
    assert "open files" in test.feedback.message


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in caches.VARIABLES:
        monkeypatch.setenv(name, str(tmp_path / name))
    folder = tmp_path / "NUMBA_CACHE_DIR" / "submission_1"
    folder.mkdir(parents=True)
    return folder


def test_only_compiled_kernels_stay_in_the_cache(cache: Path):
    for name in ("loops.kernel-1.py311.nbi", "loops.kernel-1.py311.1.nbc"):
        (cache / name).write_bytes(b"code")
    (cache / "notes.txt").write_text("seen: 4242")
    (cache / "link.nbc").symlink_to("/etc/passwd")
    os.mkfifo(cache / "pipe.nbc")
    caches.trim()
    assert sorted(path.name for path in cache.iterdir()) == [
        "loops.kernel-1.py311.1.nbc",
        "loops.kernel-1.py311.nbi",
    ]


@pytest.mark.parametrize("how", ["size", "count", "link"])
def test_a_cache_above_its_limit_goes(cache: Path, how: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(caches, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(caches, "MOST_FILES", 20)
    root = cache.parent
    if how == "size":
        (cache / "large.nbc").write_bytes(bytes(2 << 20))
    elif how == "count":
        for number in range(25):
            (cache / f"{number}.nbc").touch()
    else:
        root.rename(root.with_name("elsewhere"))
        root.symlink_to(root.with_name("elsewhere"))
    caches.trim()
    assert not root.exists()
    assert not root.is_symlink()

"""Locks between processes: exclusive, inherited, and released when their process ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from autograder.core.locks import locked, open_lock, take

HOLD = """
import sys, time
from pathlib import Path
from autograder.core.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def is_free(path: Path) -> bool:
    fd = open_lock(path)
    try:
        return take(fd, wait=False)
    finally:
        os.close(fd)


def test_a_killed_process_releases_its_lock(tmp_path: Path):
    path = tmp_path / "made" / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        assert not is_free(path)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert is_free(path)


def test_one_that_waits_gets_the_lock_next(tmp_path: Path):
    order = []

    def second() -> None:
        with locked(tmp_path / "lock"):
            order.append("second")

    waiting = threading.Thread(target=second)
    with locked(tmp_path / "lock"):
        waiting.start()
        time.sleep(0.1)
        order.append("first")
    waiting.join(30)
    assert order == ["first", "second"]


def test_a_child_that_inherits_the_descriptor_keeps_the_lock(tmp_path: Path):
    path = tmp_path / "lock"
    with locked(path) as fd:
        child = subprocess.Popen(["sleep", "600"], pass_fds=[fd])
    try:
        assert not is_free(path)
    finally:
        child.kill()
        child.wait()
    assert is_free(path)


def test_a_folder_can_be_locked(tmp_path: Path):
    one, two = os.open(tmp_path, os.O_RDONLY), os.open(tmp_path, os.O_RDONLY)
    try:
        assert take(one)
        assert not take(two, wait=False)
    finally:
        os.close(one)
        os.close(two)

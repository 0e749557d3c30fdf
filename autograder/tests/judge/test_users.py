"""Who may grade: root and ordinary users alike; what the doctor says where the system forbids it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.core.result import GradeResult, Status
from autograder.core.units import course_root
from autograder.judge.sandbox.isolation import SWITCHES, in_the_way, remedy
from autograder.judge.sandbox.view import View
from autograder.tests.judge.small_course import ADD, Course
from autograder.tests.needs import absent

NOBODY = 54321
GRADE = """
import sys
from pathlib import Path
from autograder.core.units import Unit
from autograder.judge.grading import grade_submission
root = Path(sys.argv[1])
print(grade_submission(Unit("02_sums", root), root / "desks" / "ada", seed=7).to_json())
"""
LOOK = """
import os
def add(a, b):
    status = open("/proc/self/status").read()
    caps = {line.split()[1] for line in status.splitlines() if line.startswith(("CapEff", "CapPrm", "CapInh"))}
    assert os.getuid() != 0 and caps == {"0" * 16}, caps
    assert not os.path.exists(HOME) or not os.listdir(HOME)
    return a + b
"""


def readable(path: Path) -> bool:
    """Whether every user can enter the folder and those above it."""
    return all(each.stat().st_mode & 0o005 == 0o005 for each in (path, *path.parents))


def opened(folder: Path) -> list[str]:
    """The start of a command that sees `folder` although it lies in a closed home: an empty home stands before it."""
    if readable(folder):
        return []
    closed = next(each for each in reversed(folder.parents) if not readable(each))
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        absent("bubblewrap", "bubblewrap is not installed")
    view = View(())
    view.made.update(closed.parents)
    view.temporary(closed, 1)
    for needed in (folder, course_root(), Path(sys.prefix)):
        if closed in needed.parents:
            view.bind(needed)
    return [bwrap, "--dev-bind", "/", "/", *view.arguments, "--"]


def as_nobody(course: Course, code: str, place: Path, umask: int = 0o022) -> GradeResult:
    """Grade as an ordinary user, in a process of theirs."""
    course.submission(code)
    shutil.copytree(course.root, place / "course", dirs_exist_ok=True)
    for path in (place, *place.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    command = [
        *opened(Path(sys.base_prefix)),
        "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        sys.executable,
        "-c",
        GRADE,
    ]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "TMPDIR": str(place),
        "PYTHONPATH": str(course_root()),
    }
    done = subprocess.run(
        [*command, str(place / "course")],
        capture_output=True,
        text=True,
        cwd=place,
        env=environment,
        umask=umask,
        check=False,
    )
    if "grading needs a sandbox" in done.stderr:
        absent("bubblewrap", f"this machine gives ordinary users no namespaces: {remedy()}")
    assert done.returncode == 0, done.stderr
    return GradeResult.from_json(done.stdout)


@pytest.mark.slow
def test_an_ordinary_user_grades_like_root(course: Course):
    if os.geteuid() != 0:
        pytest.skip("the other tests run as an ordinary user already")
    if shutil.which("setpriv") is None:
        absent("util-linux", "setpriv of util-linux is not installed")
    with tempfile.TemporaryDirectory(prefix="mlsys-nobody-") as name:
        place = Path(name)
        look = f"HOME = {str(place)!r}\n" + LOOK
        result = as_nobody(course, look, place)
        assert result.tests[0].passed, result.tests[0].feedback
        assert result.tier == "bubblewrap"
        for code, status in (
            ("import os\nos._exit(0)", Status.CRASHED),
            (
                "import os\ndef add(a, b):\n  while True:\n    try: os.fork()\n    except OSError: pass",
                Status.PROCESS_LIMIT,
            ),
            ("x = []\ndef add(a, b):\n  while True: x.append(bytearray(10**7))", Status.MEMORY_LIMIT),
            ("import os\ndef add(a, b):\n  os.kill(1, 9)\n  return open('/proc/1/mem')", Status.ERROR),
        ):
            assert as_nobody(course, code, place).tests[0].status is status
        for umask in (0o000, 0o027, 0o077):
            assert as_nobody(course, ADD, place, umask).points == 1


def settings(folder: Path, **values: str) -> Path:
    for name, value in values.items():
        path = folder.joinpath(*name.split("__"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value + "\n")
    return folder


def test_settings_that_forbid_namespaces_are_named(tmp_path: Path):
    """A GitHub runner, a Debian server, a campus server."""
    assert in_the_way(tmp_path) == []
    settings(tmp_path, kernel__apparmor_restrict_unprivileged_userns="1", user__max_user_namespaces="96365")
    assert remedy(tmp_path).startswith(
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (to last:"
    )
    settings(
        tmp_path, kernel__apparmor_restrict_unprivileged_userns="0", kernel__unprivileged_userns_clone="0"
    )
    assert in_the_way(tmp_path) == ["kernel.unprivileged_userns_clone=1"]
    settings(tmp_path, user__max_user_namespaces="0")
    assert len(in_the_way(tmp_path)) == 2
    assert "/etc/sysctl.d/" in remedy(tmp_path)
    assert set(SWITCHES) >= {entry.partition("=")[0] for entry in in_the_way(tmp_path)}

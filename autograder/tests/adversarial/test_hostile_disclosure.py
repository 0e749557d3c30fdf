"""Disclosure, threats (17) to (21): expected values, checks and neighbours are nowhere to be found."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from autograder.core.result import Feedback, Status
from autograder.judge.grading import grade_submission
from autograder.tests.adversarial.arena import Arena
from autograder.tests.judge.small_course import ADD, CHECK

# What no submission may find. The attacks look for its pattern, which does not match itself.
MARK = "sentinel-of-the-judge-3f9c0aa1b2c4"
PATTERN = "sentinel-of-the-judge-[0-9a-f]{12}"
WALK = f"""
import os, re
SKIP = ("/proc", "/sys", "/dev", os.path.realpath("/usr"))
LIBRARIES = ("site-packages", "python3")
PATTERN = re.compile({PATTERN!r}.encode())
def look(path):
    try:
        with open(path, "rb") as file:
            return bool(PATTERN.search(file.read(1 << 20)))
    except OSError:
        return False
def walk():
    assert os.path.realpath("/submission/..") == os.path.realpath("/course/..") == "/"
    found = []
    for top in ("/", "/proc/1/root", "/proc/1/cwd"):
        for folder, inner, files in os.walk(top):
            inner[:] = [n for n in inner if not os.path.join(folder, n).startswith(SKIP)]
            inner[:] = [n for n in inner if not n.startswith(LIBRARIES)]
            found += [os.path.join(folder, name) for name in files if look(os.path.join(folder, name))]
    for process in os.listdir("/proc"):
        for name in ("cmdline", "environ", "maps", "mountinfo", "comm"):
            if look(f"/proc/{{process}}/{{name}}"):
                found.append(f"/proc/{{process}}/{{name}}")
    return found
"""


@pytest.mark.slow
def test_walking_everything_finds_nothing_of_the_judges(arena: Arena, monkeypatch: pytest.MonkeyPatch):
    """(17) The checks, the reference, a neighbour's folder, the environment and /tmp all hold a mark."""
    monkeypatch.setenv("SECRET", MARK)
    places = [
        arena.unit.checks / "oracle.py",
        arena.unit.reference / "loops.py",
        arena.neighbour / "notes.txt",
    ]
    places.append(Path("/tmp", f"mlsys-canary-{os.getpid()}"))
    kept = [(path, path.read_text() if path.exists() else None) for path in places]
    try:
        for path, text in kept:
            path.write_text((text or "") + f"\n# {MARK}\n")
            path.chmod(0o644)
        result = arena.loops(WALK + "def python_loops(a, b): raise ValueError(repr(walk()))")
    finally:
        for path, text in kept:
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
    assert {test.status for test in result.tests} == {Status.ERROR}
    assert result.tests[0].feedback.message == "ValueError: []"


def test_memory_frames_and_descriptors_hold_no_expected_value(arena: Arena):
    """(18) The check holds a secret while it calls; the attack searches all that it can read."""
    out = arena.course.root / "seen.json"
    checks = CHECK + (
        "import json, pathlib\n"
        f"SECRET = {MARK!r}\n"
        "def test_one(student):\n"
        f"    pathlib.Path({str(out)!r}).write_text(json.dumps(student.call('add')))\n"
    )
    code = f"""
import gc, os, re, sys
PATTERN = re.compile({PATTERN!r}.encode())
def memory(pid):
    found = 0
    try:
        maps = open(f"/proc/{{pid}}/maps").read().splitlines()
        memory = open(f"/proc/{{pid}}/mem", "rb", 0)
    except OSError as error:
        return type(error).__name__
    for line in maps:
        start, stop = (int(x, 16) for x in line.split()[0].split("-"))
        if " r" in line and not line.endswith(("[vvar]", "[vsyscall]")) and stop - start < 1 << 28:
            try:
                memory.seek(start)
                found += len(PATTERN.findall(memory.read(stop - start)))
            except (OSError, ValueError):
                pass
    return found
def add():
    frames, frame = [], sys._getframe()
    while frame:
        frames.append(os.path.basename(frame.f_code.co_filename))
        frame = frame.f_back
    words = sum(bool(PATTERN.search(str(o)[:1000].encode())) for o in gc.get_objects() if type(o) in (list, dict))
    fds = [os.readlink(f"/proc/self/fd/{{n}}").split(":")[0] for n in range(4)]
    return {{"own": memory("self"), "parent": memory(os.getppid()), "judge": memory({os.getpid()}),
        "frames": frames, "words": words, "fds": fds}}
"""
    assert arena.one(code, checks, wall_seconds=60, cpu_seconds=60).passed
    seen = json.loads(out.read_text())
    assert (seen["own"], seen["words"]) == (0, 0)
    assert (seen["parent"], seen["judge"]) == ("PermissionError", "FileNotFoundError")
    assert set(seen["frames"]) <= {"sums.py", "child.py", "zygote.py", "<frozen runpy>"}
    assert seen["fds"] == ["/dev/null", "pipe", "pipe", "socket"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["reference.matmul_cpu", "autograder.checks", "autograder.judge.grading", "oracle", "baseline"]
)
def test_the_solved_unit_and_the_checks_cannot_be_imported(arena: Arena, name: str):
    """(19)"""
    result = arena.loops(f"import importlib\npython_loops = importlib.import_module({name!r}).python_loops")
    assert {test.status for test in result.tests} == {Status.ERROR}
    assert "ModuleNotFoundError" in result.tests[0].feedback.message


@pytest.mark.slow
def test_a_hidden_check_shows_its_category_alone(arena: Arena):
    """(20) The hidden check of 01.1 sends an infinity; an exception tries to carry it out."""
    code = "def python_loops(a, b):\n    print('OUT', a)\n    raise ValueError(f'OUT {a}')"
    result = arena.loops(code)
    hidden = [test for test in result.tests if test.hidden]
    assert hidden
    for test in hidden:
        shown = test.for_student()
        assert "OUT" not in test.model_dump_json()
        assert shown.feedback.message == "hidden check: the code raised an exception"
        assert shown.feedback.model_dump(exclude={"message"}) == Feedback().model_dump(exclude={"message"})
    assert "inf" not in re.sub(r'"message": "', "", result.for_student().tests[-1].model_dump_json())


def test_hidden_checks_come_last(arena: Arena):
    """own: what code saw in a hidden check it could carry into the message of a later open one, through
    files in the cache of compiled kernels or counters of the sandbox's kernel."""
    checks = (
        CHECK
        + """
@pytest.mark.hidden
def test_secret(student):
    assert student.call("add", 4242, 0) == 0

def test_open(student):
    assert student.call("add", 1, 0) == 0
"""
    )
    code = """
import os
def add(a, b):
    place = os.environ["NUMBA_CACHE_DIR"]
    os.makedirs(place, exist_ok=True)
    seen = [open(os.path.join(place, name)).read() for name in os.listdir(place)]
    open(os.path.join(place, str(a)), "w").write(str(a))
    raise ValueError(repr(seen))
"""
    order = []
    arena.course.checks(checks, {"test_secret": 1, "test_open": 1})
    result = arena.sums(code, on_test=lambda test: order.append(test.name))
    assert order == ["test_open", "test_secret"]
    assert "4242" not in result.for_student().to_json()


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../eve/sums.py", "/proc/self/environ", "nowhere", "sums.py"]
)
def test_a_symbolic_link_is_no_submission(arena: Arena, target: str):
    """(21)"""
    folder = arena.course.submission(None)
    (folder / "sums.py").symlink_to(target)
    result = arena.grade(arena.course.unit, folder)
    assert {test.status for test in result.tests} == {Status.INVALID_SUBMISSION}
    assert "symbolic link" in result.tests[0].feedback.message
    assert "root:" not in result.to_json()


def test_a_link_beside_the_files_is_not_followed(arena: Arena):
    """own: a folder of the submission that is a link, a fifo, a device: what is not named is not read."""
    folder = arena.course.submission(ADD)
    (folder / "data").symlink_to("/etc")
    (folder / "helpers.py").unlink(missing_ok=True)
    (folder / "helpers.py").symlink_to("/etc/passwd")  # a file that the course gives
    os.mkfifo(folder / "pipe.py")
    try:
        assert grade_submission(arena.course.unit, folder).points == 1
    finally:
        for name in ("data", "helpers.py", "pipe.py"):
            (folder / name).unlink()

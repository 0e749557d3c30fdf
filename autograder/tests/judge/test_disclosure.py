"""What a submission can see from inside: its own files, the course's shared ones, and no more."""

from __future__ import annotations

import pytest

from autograder.judge.sandbox.view import View
from autograder.tests.judge.small_course import Course

WALK = """
import os
SKIP = ("/proc", "/sys", "/usr", "/dev", "/etc/alternatives")
def add():
    found = []
    for folder, inner, files in os.walk("/"):
        inner[:] = [name for name in inner if not os.path.join(folder, name).startswith(SKIP)]
        libraries = ("site-packages", "__pycache__", "python3")
        inner[:] = [name for name in inner if not name.startswith(libraries)]
        found += [os.path.join(folder, name) for name in files]
    return found
"""


def test_sees_its_own_files_and_no_others(course: Course):
    course.write("desks/eve/sums.py", "stolen")
    seen = course.answer(WALK)
    assert {path for path in seen if path.startswith("/submission")} == {
        "/submission/sums.py",
        "/submission/helpers.py",
    }
    assert {path for path in seen if path.startswith("/course/reference")} == {
        "/course/reference/__init__.py",
        "/course/reference/shared/__init__.py",
        "/course/reference/early/__init__.py",
    }
    names = {path.rpartition("/")[2] for path in seen}
    assert not names & {
        "test_sums.py",
        "assignment.toml",
        "judge.py",
        "compare.py",
        "plugin.py",
        "answer.json",
    }
    assert not any(str(course.root) in path for path in seen)


def test_cannot_import_the_unit_or_the_judge(course: Course):
    code = """
def add():
    said = []
    for name in ("reference.sums", "autograder.judge.checking.compare", "autograder.checks", "test_sums"):
        try:
            __import__(name)
            said.append(name)
        except ImportError as error:
            said.append(type(error).__name__)
    import reference.shared, reference.early, helpers
    return said + [reference.shared.VALUE, reference.early.VALUE, helpers.SECRET]
"""
    assert course.answer(code) == ["ModuleNotFoundError"] * 4 + ["shared", "unit 01", "given by the course"]


def test_the_environment_is_the_sandboxs_own(course: Course, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CANVAS_TOKEN", "secret")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    found = course.answer("import os\ndef add(): return dict(os.environ)")
    assert "secret" not in str(found)
    assert found["HOME"] == "/tmp"
    assert not any(name.startswith("PYTEST") for name in found)


def test_home_network_and_privileges_are_out_of_reach(course: Course):
    code = """
import os, socket, ctypes
PLACES = "", "/submission", "/course", "/dev"
def attempt(f):
    try:
        return str(f())
    except OSError as error:
        return type(error).__name__
def dial(host, port):
    with socket.create_connection((host, port), timeout=2):
        return "connected"
def loopback():
    with socket.create_server(("localhost", 0)) as server:
        return dial("localhost", server.getsockname()[1])
def add():
    libc = ctypes.CDLL(None, use_errno=True)
    status = open("/proc/self/status").read()
    return {
        "root": attempt(lambda: os.listdir("/root")),
        "write": [attempt(lambda p=p: open(p + "/x", "w").close()) for p in PLACES],
        "dns": attempt(lambda: socket.getaddrinfo("example.org", 80)),
        "tcp": attempt(lambda: dial("192.0.2.1", 80)),
        "loopback": attempt(loopback),
        "uid": os.getuid() != 0,
        "caps": [line.split()[1] for line in status.splitlines() if line.startswith(("CapEff", "CapPrm"))],
        "unshare": libc.unshare(0x10000000),
        "mount": libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
        "ptrace": libc.ptrace(16, 1, 0, 0),
    }
"""
    found = course.answer(code)
    assert ".ssh" not in found["root"]
    assert set(found["write"]) <= {"OSError", "PermissionError"}
    assert found["dns"] == "gaierror"
    assert found["tcp"] in ("OSError", "TimeoutError")
    assert found["loopback"] == "connected"
    assert found["uid"]
    assert set(found["caps"]) == {"0000000000000000"}
    assert (found["unshare"], found["mount"], found["ptrace"]) == (-1, -1, -1)


def test_the_zygote_cannot_be_read_changed_or_killed(course: Course):
    code = """
import os, signal
def attempt(f):
    try:
        f()
        return "done"
    except OSError as error:
        return type(error).__name__
def add():
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGINT):
        os.kill(1, number)
    pids = [name for name in os.listdir("/proc") if name.isdigit()]
    return {
        "parent": os.getppid(),
        "mem": [attempt(lambda m=m: open("/proc/1/mem", m)) for m in ("rb", "wb")],
        "fd": attempt(lambda: os.listdir("/proc/1/fd")),
        "environ": attempt(lambda: open("/proc/1/environ").read()),
        "processes": len(pids),
        "fds": [os.readlink(f"/proc/self/fd/{n}").split(":")[0] for n in "0123"],
        "count": len(os.listdir("/proc/self/fd")) - 1,
    }
"""
    found = course.answer(code)
    assert found["parent"] == 1
    assert set(found["mem"]) | {found["fd"], found["environ"]} == {"PermissionError"}
    assert found["processes"] == 2
    assert (found["fds"], found["count"]) == (["/dev/null", "pipe", "pipe", "socket"], 4)


def test_hidden_inputs_do_not_leave_through_an_exception(course: Course):
    course.checks(
        """
        import numpy as np, pytest
        @pytest.mark.hidden
        def test_one(student):
            student.call("add", np.array([4242.5]), 1.0)
        """
    )
    for code in (
        "def add(a, b):\n  print(a)\n  raise ValueError(f'{a} {b}')",
        "def add(a, b):\n  print(a)\n  return type('C' + str(a[0]).replace('.', '_'), (), {})()",
    ):
        result = course.grade(code)
        assert result.points == 0
        assert result.tests[0].hidden
        assert "4242" not in result.to_json()


def test_students_see_the_category_of_a_hidden_failure_alone(course: Course):
    course.checks(
        """
        import numpy as np, pytest
        from autograder.judge.checking import expect_close
        @pytest.mark.hidden
        def test_one(student):
            expect_close(student.call("add", 4242.5, 1.0), 4243.5, hint="the secret is 1.0")
        """
    )
    shown = course.grade("def add(a, b): return 4242.5").for_student()
    assert "4242" not in shown.to_json()
    assert "secret" not in shown.to_json()
    assert "failed" in shown.tests[0].feedback.message


def test_the_course_is_not_seen_through_a_system_folder(bare_course: Course):
    """A checkout below /usr is covered, but for the interpreter that it may hold."""
    root = bare_course.root
    view = View((root, root / "desks"))
    view.bind(root.parent)
    view.bind(root / ".venv")
    view.mask()
    shown = " ".join(view.arguments)
    assert f"--tmpfs {root} --ro-bind {root}/.venv {root}/.venv" in shown
    assert shown.index(f"--ro-bind {root.parent} ") < shown.index(f"--tmpfs {root} ")

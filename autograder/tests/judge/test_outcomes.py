"""Every way in which a submission can end a test, in the real sandbox: the status, and no points."""

from __future__ import annotations

import pytest

from autograder.core.result import Status
from autograder.judge.grading import grade_submission
from autograder.tests.judge.small_course import ADD, CHECK, Course
from reference.tests.effort import one_of_each

TWO = (
    CHECK
    + """
@pytest.mark.task("02.1")
def test_once(student, rng):
    a = rng.random(3)
    expect_close(student.call("add", a, a), 2 * a)

@pytest.mark.task("02.1")
def test_thrice(student, rng):
    a = rng.random(3)
    for _ in range(3):
        expect_close(student.call("add", a, a), 2 * a)
"""
)

OUTCOMES = {
    # false exits
    "os._exit at import": ("import os; os._exit(0)", Status.CRASHED, "exit code 0"),
    "SystemExit": ("def add(a, b): raise SystemExit(0)", Status.ERROR, "SystemExit: 0"),
    "SystemExit at import": ("raise SystemExit(0)", Status.ERROR, "SystemExit"),
    "KeyboardInterrupt": ("def add(a, b): raise KeyboardInterrupt", Status.ERROR, "KeyboardInterrupt"),
    "GeneratorExit": ("def add(a, b): raise GeneratorExit", Status.ERROR, "GeneratorExit"),
    "pytest.skip": ("import pytest\ndef add(a, b): pytest.skip('x')", Status.ERROR, "Skipped"),
    "pytest.xfail": ("import pytest\ndef add(a, b): pytest.xfail('x')", Status.ERROR, "XFailed"),
    "pytest.exit": ("import pytest\ndef add(a, b): pytest.exit('x', 0)", Status.ERROR, "Exit"),
    "SIGSEGV": ("import ctypes\ndef add(a, b): ctypes.string_at(0)", Status.CRASHED, "SIGSEGV"),
    "SIGABRT": ("import os\ndef add(a, b): os.abort()", Status.CRASHED, "SIGABRT"),
    "SIGKILL": ("import os\ndef add(a, b): os.kill(os.getpid(), 9)", Status.CRASHED, "SIGKILL"),
    # values
    "liar": (
        "class Liar:\n  __array__ = __float__ = lambda *_: 1/0\n  __eq__ = lambda *_: True\n"
        "def add(a, b): return Liar()",
        Status.TYPE_ERROR,
        "Liar",
    ),
    "subclass": (
        "import numpy as np\nclass Sneaky(np.ndarray): __eq__ = lambda *_: True\n"
        "def add(a, b): return (a + b).view(Sneaky)",
        Status.TYPE_ERROR,
        "Sneaky",
    ),
    "masked": (
        "import numpy as np\ndef add(a, b): return np.ma.masked_array(a, True)",
        Status.TYPE_ERROR,
        "Masked",
    ),
    "list": ("def add(a, b): return (a + b).tolist()", Status.TYPE_ERROR, "expected numpy.ndarray, got list"),
    "None": ("def add(a, b): pass", Status.TYPE_ERROR, "None: did you forget `return`?"),
    "object dtype": ("def add(a, b): return (a + b).astype(object)", Status.FAILED, "dtype object"),
    "float32": ("def add(a, b): return (a + b).astype('f4')", Status.FAILED, "dtype"),
    "NaN": ("def add(a, b): return a * float('nan')", Status.FAILED, "first at [0, 0]"),
    "infinite": ("def add(a, b): return a + float('inf')", Status.FAILED, "6 of 6"),
    "empty": ("def add(a, b): return a[:0]", Status.FAILED, "shape"),
    "broadcastable": ("def add(a, b): return (a + b)[:1]", Status.FAILED, "shape"),
    # protocol
    "pickle": (
        "import os, pickle\ndef add(a, b):\n  os.write(3, pickle.dumps([a, b]))\n  return a + b",
        Status.PROTOCOL_ERROR,
        "not a frame",
    ),
    "4 GB promised": (
        "import os, struct\ndef add(a, b):\n"
        "  os.write(3, struct.pack('<4sIIQ', b'MLS1', 0, 2, 4 << 30) + b'{}')",
        Status.PROTOCOL_ERROR,
        "over the limit",
    ),
    "nested": (
        "import os, struct\ndef add(a, b):\n"
        "  os.write(3, struct.pack('<4sIIQ', b'MLS1', 0, 30000, 0) + b'[' * 30000)",
        Status.PROTOCOL_ERROR,
        "not JSON",
    ),
    "truncated": (
        "import os, struct\ndef add(a, b):\n  os.write(3, struct.pack('<4sIIQ', b'MLS1', 0, 9, 0) + b'{')\n"
        "  os._exit(0)",
        Status.CRASHED,
        "exit code 0",
    ),
    "invented failure": (
        "import os, struct, sys\ndef add(a, b):\n  name = sys._getframe(1).f_locals['request']['id']\n"
        '  x = (\'{"failure":["passed"],"id":"%s"}\' % name).encode()\n'
        "  os.write(3, struct.pack('<4sIIQ', b'MLS1', 0, len(x), 0) + x)",
        Status.PROTOCOL_ERROR,
        "neither a value nor an error",
    ),
    "answer in advance": (
        'import os, struct\ndef add(a, b):\n  x = b\'{"value":1,"id":"00"}\'\n'
        "  os.write(3, struct.pack('<4sIIQ', b'MLS1', 0, len(x), 0) + x)\n  return a + b",
        Status.PROTOCOL_ERROR,
        "another request",
    ),
    "closed socket": (
        "import os, time\ndef add(a, b):\n  os.close(3)\n  time.sleep(60)",
        Status.CRASHED,
        "closed its connection",
    ),
    # unfinished work
    "syntax": ("def add(a, b:\n  return a\n", Status.ERROR, "never closed"),
    "starter": (
        "def add(a, b):\n  raise NotImplementedError('02.1 add: sum')",
        Status.NOT_IMPLEMENTED,
        "02.1 add",
    ),
    "no function": ("x = 1", Status.MISSING, "sums.py has no function add"),
    "no file": (None, Status.MISSING, "the submission has no file sums.py"),
    "not callable": ("add = 3", Status.ERROR, "not callable"),
    "bad import": ("import nothing_of_this_name", Status.ERROR, "nothing_of_this_name"),
    "UTF-16": ("def add(a, b): return a + b".encode("utf-16"), Status.ERROR, "SyntaxError"),
    "NUL byte": (b"def add(a, b): return a\0 + b", Status.ERROR, "null bytes"),
    "str that raises": (
        "class E(Exception):\n  def __str__(self): raise SystemExit\ndef add(a, b): raise E",
        Status.ERROR,
        "cannot be shown",
    ),
}


@pytest.mark.parametrize(
    "name",
    one_of_each(
        OUTCOMES,
        "os._exit at import",
        "SystemExit",
        "pytest.skip",
        "SIGSEGV",
        "liar",
        "None",
        "NaN",
        "pickle",
        "answer in advance",
        "closed socket",
        "syntax",
        "starter",
        "no function",
        "no file",
        "str that raises",
    ),
)
def test_status(course: Course, name: str):
    code, status, words = OUTCOMES[name]
    result = course.grade(code)
    test = result.tests[0]
    assert (test.status, result.points) == (status, 0)
    assert words in test.feedback.message, test.feedback


def test_a_crash_in_the_third_call_leaves_earlier_tests_their_points(course: Course):
    course.checks(TWO, {"test_once": 1, "test_thrice": 2})
    result = course.grade(
        "import os\ncalls = 0\ndef add(a, b):\n  global calls\n  calls += 1\n"
        "  if calls == 3: os._exit(0)\n  return a + b"
    )
    assert [test.status for test in result.tests] == [Status.PASSED, Status.CRASHED]
    assert result.points == 1


def test_right_code_that_is_noisy_keeps_its_points(course: Course):
    code = (
        "import sys, warnings\ndef add(a, b):\n  warnings.warn('careful')\n  print('x' * 200_000)\n"
        "  print('é' * 1000, file=sys.stderr)\n  sys.stdout = None\n  return a + b"
    )
    assert course.one(code).passed


@pytest.mark.parametrize(
    "code",
    [
        ADD.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + ADD.encode(),
        "# -*- coding: latin-1 -*-\n# \xe9\n".encode("latin-1") + ADD.encode(),
    ],
    ids=["CRLF", "BOM", "latin-1"],
)
def test_right_code_in_odd_encodings(course: Course, code: bytes):
    assert course.one(code).passed


def test_patching_libraries_changes_nothing_for_the_judge(course: Course):
    code = (
        "import builtins, time, numpy as np\nnp.allclose = np.array_equal = np.all = lambda *_, **__: True\n"
        "builtins.abs = lambda x: 0\ntime.perf_counter = time.monotonic = lambda: 0.0\n"
        "np.ndarray.__eq__ if 0 else None\ndef add(a, b): return a - b"
    )
    assert course.one(code).status is Status.FAILED


def test_the_judge_keeps_its_own_copy_of_the_inputs(course: Course):
    assert course.one("def add(a, b):\n  a += b\n  return a").passed
    assert course.one("def add(a, b):\n  a[:] = 0\n  b[:] = 0\n  return a + b").status is Status.FAILED


def test_feedback_teaches(course: Course):
    feedback = course.one("def add(a, b):\n  c = a + b\n  c[1, 2] = 7.0\n  return c").feedback
    assert feedback.call == "add(a float64[2, 3], b float64[2, 3])"
    assert feedback.first_wrong == (1, 2)
    assert feedback.got == "7"
    assert feedback.hint == "every element once"
    assert feedback.path == "sums.py"
    assert len(feedback.sha256) == 64


def test_traceback_shows_the_students_frames_alone(course: Course):
    feedback = course.one(
        "def helper(x):\n  return x / 0\n\ndef add(a, b):\n  print('here')\n  return helper(1)"
    ).feedback
    assert feedback.message == "ZeroDivisionError: division by zero"
    assert feedback.traceback.split("\n")[::2] == ["sums.py:6 in add", "sums.py:2 in helper"]
    assert "return x / 0" in feedback.traceback
    assert feedback.stdout == "here\n"


def test_syntax_error_has_a_line_and_a_caret(course: Course):
    lines = course.one("x = 1\ndef add(a, b):\n    return a +* b\n").feedback.traceback.split("\n")
    assert lines[0] == "sums.py:3"
    assert lines[1].strip() == "return a +* b"
    assert lines[2].index("^") == lines[1].index("*")


def test_a_missing_module_names_the_file_that_was_left_out(course: Course):
    folder = course.submission("from sumhelp import add")
    (folder / "sumhelp.py").write_text(ADD)
    (folder / "random.py").write_text("boom")
    result = grade_submission(course.unit, folder)
    assert result.points == 0
    assert any(note.startswith("sumhelp.py was not graded") for note in result.notes)
    assert any("random.py was not graded" in note and "the library random" in note for note in result.notes)
    assert "sumhelp.py" in result.tests[0].feedback.hint


def test_output_is_kept_short_and_clean(course: Course):
    feedback = course.one("def add(a, b):\n  print('\\x00start' + 'x' * 10**6 + 'end')\n  return a").feedback
    assert feedback.stdout.rstrip().endswith("xxxend")
    assert "left out" in feedback.stdout
    assert len(feedback.stdout) < 20_000


def test_the_same_seed_gives_the_same_result(course: Course):
    code = "def add(a, b):\n  return a"
    first, second = (course.one(code, seed=5).feedback for _ in range(2))
    assert first == second
    assert course.one(code, seed=6).feedback.got != first.got


REMARKS = (
    CHECK
    + """
@pytest.mark.task("02.1")
def test_once(student, rng):
    student.remark("a front end looked")

@pytest.mark.task("02.1")
def test_thrice(student, rng):
    for _ in range(2):
        student.remark("a front end looked")
    student.call("add")
"""
)


def test_a_remark_of_a_check_is_in_the_result_once(course: Course):
    course.checks(REMARKS, {"test_once": 1, "test_thrice": 2})
    result = course.grade("def add(*args):\n  return 1")
    assert list(result.notes).count("a front end looked") == 1

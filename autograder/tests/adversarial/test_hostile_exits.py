"""False exits, threats (1) to (5): a process that ends early has not passed."""

from __future__ import annotations

import pytest

from autograder.core.result import Status
from autograder.tests.adversarial.arena import MULTIPLY, Arena, Attack
from autograder.tests.judge.small_course import ADD
from reference.tests.effort import one_of_each

EVERY_CALL = {
    # (1) gone before anything is asked
    "os._exit at import": Attack("import os; os._exit(0)", Status.CRASHED, "exit code 0"),
    # (3) exceptions that are no errors elsewhere
    "SystemExit": Attack("def python_loops(a, b): raise SystemExit(0)", Status.ERROR, "SystemExit: 0"),
    "SystemExit at import": Attack("raise SystemExit(0)", Status.ERROR, "SystemExit"),
    "KeyboardInterrupt": Attack(
        "def python_loops(a, b): raise KeyboardInterrupt", Status.ERROR, "KeyboardInterrupt"
    ),
    "GeneratorExit": Attack("def python_loops(a, b): raise GeneratorExit", Status.ERROR, "GeneratorExit"),
    # (4) the words that pytest itself listens to
    "pytest.skip": Attack("import pytest\ndef python_loops(a, b): pytest.skip('x')", Status.ERROR, "Skipped"),
    "pytest.xfail": Attack(
        "import pytest\ndef python_loops(a, b): pytest.xfail('x')", Status.ERROR, "XFailed"
    ),
    "pytest.exit": Attack("import pytest\ndef python_loops(a, b): pytest.exit('x', 0)", Status.ERROR, "Exit"),
    "unittest.SkipTest": Attack(
        "import unittest\ndef python_loops(a, b): raise unittest.SkipTest('x')", Status.ERROR, "SkipTest"
    ),
    # (5) signals, by their names
    "SIGSEGV": Attack(
        "import ctypes\ndef python_loops(a, b): ctypes.string_at(0)", Status.CRASHED, "SIGSEGV"
    ),
    "SIGABRT": Attack("import os\ndef python_loops(a, b): os.abort()", Status.CRASHED, "SIGABRT"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY_CALL)
def test_an_early_end_scores_nothing(arena: Arena, name: str):
    attack = EVERY_CALL[name]
    result = arena.loops(attack.code)
    assert (result.points, result.max_points) == (0, 8)
    assert {test.status for test in result.tests} == {attack.status}
    attack.meets(result.tests[0])


def test_a_crash_in_the_third_call_leaves_the_other_tests_their_points(arena: Arena):
    """(2) Two tests call three times or more and lose; the three that call once keep their points."""
    code = (
        "import os\ncalls = 0\ndef python_loops(a, b):\n    global calls\n    calls += 1\n"
        f"    if calls == 3: os._exit(0){MULTIPLY}"
    )
    result = arena.loops(code)
    assert [test.status for test in result.tests] == [Status.CRASHED] * 2 + [Status.PASSED] * 3
    assert result.points == 4


OWN = {
    # own: a fork in an import hook, where both halves go on and answer
    "fork in an import hook": Attack(
        "import os, sys\nclass Hook:\n  def find_spec(self, *_):\n    os.fork()\nsys.meta_path.insert(0, Hook())\n"
        "try:\n  import nothing_of_this_name\nexcept ImportError:\n  pass\ndef add(a, b): return a - b",
        (Status.FAILED, Status.PROTOCOL_ERROR, Status.CRASHED),
    ),
    # own: a right answer prepared for the moment of exit
    "scoring at exit": Attack(
        "import atexit, os\natexit.register(lambda: os.write(3, b'passed'))\n"
        "def add(a, b):\n  raise SystemExit(0)",
        Status.ERROR,
        "SystemExit",
    ),
    # own: the signal handler that swallows every end, and answers from there
    "signal handler": Attack(
        "import signal, os\nfor n in (2, 10, 12, 15, 24):\n  signal.signal(n, lambda *_: None)\n"
        "def add(a, b):\n  os.kill(os.getpid(), 10)\n  while True: pass",
        Status.TIMEOUT,
    ),
    # own: stands still for ever
    "SIGSTOP": Attack("import os\ndef add(a, b): os.kill(os.getpid(), 19)", Status.TIMEOUT, "limit"),
    # own: ends the parent, which is the zygote, and everybody else
    "kill the parent": Attack(
        "import os, signal\ndef add(a, b):\n  for n in (9, 19, 15, 2):\n    os.kill(os.getppid(), n)\n  return a - b",
        Status.FAILED,
    ),
    "kill everybody": Attack(
        "import os\ndef add(a, b): os.kill(-1, 9)",
        Status.ERROR,
        "No such process",  # there is nobody else
    ),
    "kill the group": Attack("import os\ndef add(a, b): os.killpg(0, 9)", Status.CRASHED, "SIGKILL"),
    # own: a process without its descriptors
    "closed descriptors": Attack(
        "import os, time\ndef add(a, b):\n  os.closerange(0, 100)\n  time.sleep(60)", Status.CRASHED, "closed"
    ),
    # own: another program in the same process
    "exec": Attack(
        "import os\ndef add(a, b): os.execv('/bin/true', ['true'])", Status.CRASHED, "exit code 0"
    ),
    # own: no stack left
    "C stack": Attack(
        "import sys\nsys.setrecursionlimit(10**9)\ndef add(a, b):\n  f = lambda: add(a, b)\n"
        "  x = None\n  for _ in range(10**6): x = [x]\n  return x",
        (Status.TYPE_ERROR, Status.ERROR, Status.CRASHED),
    ),
}


@pytest.mark.parametrize("name", one_of_each(OWN, "scoring at exit", "SIGSTOP", "kill everybody", "exec"))
def test_other_ends(arena: Arena, name: str):
    attack = OWN[name]
    result = arena.small(attack.code, wall_seconds=2)
    assert result.points == 0
    attack.meets(result.tests[0])


def test_killing_everybody_but_oneself_costs_nothing(arena: Arena):
    """kill(-1) reaches neither the zygote nor the judge: right code passes after it."""
    assert arena.one(
        "import os\ndef add(a, b):\n  try:\n    os.kill(-1, 15)\n  except OSError: pass\n  return a + b"
    ).passed


def test_the_unit_is_still_graded_afterwards(arena: Arena):
    result = arena.loops(f"def python_loops(a, b):{MULTIPLY}")
    assert result.tests[0].passed
    assert arena.one(ADD).passed

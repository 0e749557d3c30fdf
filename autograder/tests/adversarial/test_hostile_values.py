"""Values, threats (12) to (16): only plain numbers cross, and the judge compares its own copies."""

from __future__ import annotations

import pytest

from autograder.core.result import Status
from autograder.tests.adversarial.arena import MULTIPLY, Arena, Attack
from autograder.tests.judge.small_course import CHECK
from reference.tests.effort import one_of_each

LIAR = """
class Liar(list):
    __eq__ = __le__ = __ge__ = __bool__ = __contains__ = lambda *_: True
    __ne__ = __lt__ = __gt__ = lambda *_: False
    __float__ = lambda self: 1.0
    __array__ = lambda self, *a, **k: a[0]
    __hash__ = None
"""
ON_THE_REAL_UNIT = {
    # (12) objects that agree with everything
    "a list that lies": Attack(LIAR + "def python_loops(a, b): return Liar()", Status.TYPE_ERROR, "Liar"),
    "floats that lie": Attack(
        "class F(float):\n  __eq__ = __le__ = lambda *_: True\n"
        "  __sub__ = __rsub__ = lambda *_: 0.0\n  __hash__ = None\n"
        "def python_loops(a, b): return [[F(0)] * len(b[0]) for _ in a]",
        Status.TYPE_ERROR,
        "F",
    ),
    # (13) values that are no answer
    "NaN": Attack(
        "def python_loops(a, b): return [[float('nan')] * len(b[0]) for _ in a]", Status.FAILED, "wrong value"
    ),
    "infinity": Attack(
        "def python_loops(a, b): return [[float('inf')] * len(b[0]) for _ in a]", Status.FAILED, "wrong value"
    ),
    "empty": Attack("def python_loops(a, b): return []", Status.FAILED, "got a list of 0"),
    "integers": Attack(
        "def python_loops(a, b): return [[True] * len(b[0]) for _ in a]", Status.TYPE_ERROR, "bool"
    ),
    "an array for a list": Attack(
        f"import numpy as np\ndef product(a, b):{MULTIPLY}\ndef python_loops(a, b): return np.array(product(a, b))",
        Status.TYPE_ERROR,
        "got a float64 array",
    ),
    "a giant integer": Attack(
        "def python_loops(a, b): return [[10**4000] * len(b[0]) for _ in a]", Status.FAILED, "too large"
    ),
    # (16) frames that are none
    "4 GB promised": Attack(
        "import os, struct\ndef python_loops(a, b):\n"
        "  os.write(3, struct.pack('<4sIIQ', b'MLS1', 0, 2, 4 << 30) + b'{}')",
        Status.PROTOCOL_ERROR,
        "over the limit",
    ),
    "a header of 4 GB": Attack(
        "import os, struct\ndef python_loops(a, b):\n"
        "  os.write(3, struct.pack('<4sIIQ', b'MLS1', 0, 0xFFFFFFFF, 0) + b'{}')",
        Status.PROTOCOL_ERROR,
        "over the limit",
    ),
    "a truncated frame": Attack(
        "import os, struct\ndef python_loops(a, b):\n"
        "  os.write(3, struct.pack('<4sIIQ', b'MLS1', 0, 9, 0) + b'{')\n  os._exit(0)",
        Status.CRASHED,
        "exit code 0",
    ),
    "deeply nested JSON": Attack(
        "import os, struct\ndef python_loops(a, b):\n"
        "  os.write(3, struct.pack('<4sIIQ', b'MLS1', 0, 90000, 0) + b'[' * 90000)",
        Status.PROTOCOL_ERROR,
        "not JSON",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_THE_REAL_UNIT)
def test_no_value_lies_its_way_through(arena: Arena, name: str):
    attack = ON_THE_REAL_UNIT[name]
    result = arena.loops(attack.code)
    assert result.points == 0
    attack.meets(result.tests[0])


PICKLES = {
    # (14) payloads that would run if anybody loaded them
    "pickle 0": "pickle.dumps(Bomb(), 0)",
    "pickle 5": "pickle.dumps([a, Bomb()], 5)",
    "pickle in a frame": "struct.pack('<4sIIQ', b'MLS1', 0, len(x := pickle.dumps(Bomb())), 0) + x",
    "npy with objects": "npy(np.array([Bomb()], object))",
    "a whole pickle as the value's text": "frame({'value': {'b': pickle.dumps(Bomb()).hex()}})",
}
BOMB = """
import io, json, os, pickle, struct, sys
import numpy as np
class Bomb:
    def __reduce__(self):
        return os.system, ("echo ran > CANARY",)
def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()
def frame(header):
    header["id"] = sys._getframe(2).f_locals["request"]["id"]
    body = json.dumps(header).encode()
    return struct.pack('<4sIIQ', b'MLS1', 0, len(body), 0) + body
"""


@pytest.mark.parametrize("name", one_of_each(PICKLES, "pickle 5", "pickle in a frame"))
def test_nothing_is_unpickled(arena: Arena, name: str):
    code = (
        BOMB.replace("CANARY", str(arena.canary))
        + f"def add(a, b):\n  os.write(3, {PICKLES[name]})\n  return a + b\n"
    )
    test = arena.one(code)
    # Bytes are a value like others: they arrive as bytes, and are the wrong type.
    assert test.status is (Status.TYPE_ERROR if "text" in name else Status.PROTOCOL_ERROR), test


@pytest.mark.slow
def test_nothing_that_torch_saved_is_loaded(arena: Arena):
    """(14) torch.save makes a zip file with a pickle inside."""
    code = BOMB.replace("CANARY", str(arena.canary)) + (
        "import torch\ndef add(a, b):\n  file = io.BytesIO()\n  torch.save([Bomb()], file)\n"
        "  os.write(3, file.getvalue()[:60000])\n  return a + b\n"
    )
    assert arena.one(code, wall_seconds=60, memory_mb=2048).status is Status.PROTOCOL_ERROR


def test_an_alias_of_the_input_is_compared_with_the_judges_copy(arena: Arena):
    """(15) What the function does to its arguments happens to copies; what it returns is read then."""
    code = "def python_loops(a, b):\n  for x in (a, b):\n    for row in x:\n      row[:] = [0.0] * len(row)\n  return a"
    assert arena.loops(code).points == 0
    right = f"def product(a, b):{MULTIPLY}\ndef python_loops(a, b):\n  a[:] = product(a, b)\n  return a"
    result = arena.loops(right)
    lost = [test.name for test in result.tests if not test.passed]
    assert lost == ["test_python_loops_leaves_operands"]
    assert arena.one("def add(a, b):\n  a -= a\n  b -= b\n  return a + b").status is Status.FAILED


ARRAYS = {
    # own: what NumPy can make of an array
    "a subclass with __array_ufunc__": Attack(
        "import numpy as np\nclass A(np.ndarray):\n  __array_ufunc__ = __array_function__ = lambda *a, **k: True\n"
        "def add(a, b): return (a + b).view(A)",
        Status.TYPE_ERROR,
        "A",
    ),
    "a 0-d array": Attack("import numpy as np\ndef add(a, b): return np.array(2.0)", Status.FAILED, "shape"),
    "a structured dtype": Attack(
        "import numpy as np\ndef add(a, b): return np.zeros((2, 3), 'f8,f8')", Status.FAILED, "dtype"
    ),
    "an object dtype": Attack("def add(a, b): return (a + b).astype(object)", Status.FAILED, "object"),
    "dates": Attack(
        "import numpy as np\ndef add(a, b): return np.zeros((2, 3), 'M8[s]')", Status.FAILED, "dtype"
    ),
    "long double": Attack(
        "import numpy as np\ndef add(a, b): return (a + b).astype(np.longdouble)", Status.FAILED, "float128"
    ),
    "the other byte order": Attack("def add(a, b): return (a + b).astype('>f8')", Status.FAILED, "dtype"),
    "strides of zero": Attack(
        "import numpy as np\ndef add(a, b): return np.lib.stride_tricks.as_strided(a[0, :1], (2, 3), (0, 0))",
        Status.FAILED,
        "wrong value",
    ),
    "a view of 2**40 elements": Attack(
        "import numpy as np\ndef add(a, b): return np.broadcast_to(np.float64(0), (1 << 20, 1 << 20))",
        (Status.MEMORY_LIMIT, Status.ERROR, Status.FAILED),
    ),
    "a generator": Attack("def add(a, b): yield a + b", Status.TYPE_ERROR, "generator"),
    "a coroutine": Attack("async def add(a, b): return a + b", Status.TYPE_ERROR, "coroutine"),
    "a loop of lists": Attack(
        "def add(a, b):\n  x = []\n  x.append(x)\n  return x", Status.TYPE_ERROR, "deep"
    ),
    "a memory map": Attack(
        "import numpy as np\ndef add(a, b):\n  x = np.memmap('/tmp/x', 'f8', 'w+', shape=(2, 3))\n  return x",
        Status.TYPE_ERROR,
        "memmap",
    ),
    "a class that names itself ndarray": Attack(
        "class ndarray:\n  __module__ = 'numpy'\n  __eq__ = lambda *_: True\n  __hash__ = None\n"
        "def add(a, b): return ndarray()",
        Status.TYPE_ERROR,
    ),
    "one unit in the last place": Attack(  # beside the tolerance: told with digits that show it
        "import numpy as np\ndef add(a, b): return (a + b) * (1 + 3e-12)", Status.FAILED, "wrong value"
    ),
    "subnormal": Attack("def add(a, b): return (a + b) * 5e-324", Status.FAILED, "wrong value"),
}


@pytest.mark.parametrize(
    "name", one_of_each(ARRAYS, "a 0-d array", "an object dtype", "a generator", "a memory map")
)
def test_odd_arrays(arena: Arena, name: str):
    attack = ARRAYS[name]
    result = arena.small(attack.code)
    assert result.points == 0
    attack.meets(result.tests[0])
    assert (
        result.tests[0].feedback.got != result.tests[0].feedback.expected or not result.tests[0].feedback.got
    )


def test_feedback_about_long_doubles_is_plain(arena: Arena):
    """An oracle that works in a wider type shows numbers, not NumPy's names for them."""
    checks = CHECK + (
        "def test_one(student):\n"
        "    want = np.full(3, 2, np.longdouble)\n"
        "    expect_close(student.call('add', np.ones(3), np.ones(3)), want, dtype=np.float64)\n"
    )
    feedback = arena.one("def add(a, b): return a + b + 1e-11", checks).feedback
    assert float(feedback.got) == 2 + 1e-11
    assert feedback.expected == "2"


ERRORS = {
    # own: exceptions that attack whoever reports them
    "a __str__ that lies": "class E(Exception):\n  __str__ = lambda s: 1\ndef add(a, b): raise E",
    "a message of 100 MB": "def add(a, b): raise ValueError('x' * 10**8)",
    "a name of 10 MB": "def add(a, b): raise type('E' * 10**7, (Exception,), {})",
    "a class that cannot be pickled": (
        "def add(a, b):\n  class E(Exception): f = lambda: 0\n  raise E(open('/dev/null'))"
    ),
    "a class without a module": "def add(a, b): raise type('E', (Exception,), {'__module__': 3})('x')",
    "a metaclass that raises": (
        "class M(type):\n  @property\n  def __name__(cls): raise SystemExit\n  @property\n"
        "  def __mro__(cls): raise SystemExit\n"
        "class E(Exception, metaclass=M): pass\ndef add(a, b): raise E"
    ),
    "a traceback without end": "def add(a, b): return add(a, b)",
    "a chain of causes": (
        "def add(a, b):\n  e = ValueError('first')\n  for i in range(10**5):\n"
        "    n = ValueError(str(i)); n.__cause__ = e; e = n\n  raise e"
    ),
    "a group": "def add(a, b): raise BaseExceptionGroup('g', [SystemExit(0), ValueError('v')])",
    "a lone surrogate": "def add(a, b): raise ValueError('\\ud800' + '\\x1b]0;owned\\x07' + '\\u202e')",
}


@pytest.mark.parametrize("name", one_of_each(ERRORS, "a class that cannot be pickled", "a __str__ that lies"))
def test_odd_exceptions(arena: Arena, name: str):
    result = arena.small(ERRORS[name])
    assert result.points == 0
    assert result.tests[0].status in (Status.ERROR, Status.CRASHED)
    assert len(result.to_json()) < 60_000

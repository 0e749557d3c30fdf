"""The starters: asked bodies are gone, every other byte is kept, and the result still works as Python."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.bodies import empty_bodies, strip_markers
from autograder.course.imports import rewrite_imports
from autograder.course.release import ReleaseError, check_drift, solved_files, starter_files, write_starters
from autograder.course.source import EditError, functions, put_back
from autograder.course.units import Unit, find_units

OPS_STARTER = '''"""Operations on lists."""

from __future__ import annotations

import itertools  # a starter keeps what its author will need

from shapes import same_length
from reference.measure import now


LIMIT = 3  # stays


def add(a, b):
    """Sum two lists, element by element.

    Raises ValueError for different lengths.
    """
    raise NotImplementedError("01.1 add: Sum two lists, element by element.")


# about now_twice
def now_twice():   # odd  spacing   stays
    return now(),now()
'''

FAST_STARTER = '''"""Arrays."""

import numpy as np

import shapes
from shapes import (
    same_length,  # kept
)


def scale(a, factor):
    """Every element of `a` times `factor`: a new array."""
    out = np.empty_like(a)
    _scale(a, factor, out)
    return out


def _scale(a, factor, out):
    """Write a * factor to `out`."""
    n = shapes.length(a)
    raise NotImplementedError("01.2 scale: Write a * factor to `out`.")
    assert same_length(a, out)
'''


def test_the_starters_of_the_miniature_course(raw_unit: Unit):
    files = {name: content.decode() for name, content in starter_files(raw_unit).items()}
    assert list(files) == ["ops.py", "fast.py", "shapes.py"]
    assert files["ops.py"] == OPS_STARTER
    assert files["fast.py"] == FAST_STARTER
    assert files["shapes.py"] == (raw_unit.reference / "shapes.py").read_text()


def test_the_solved_files_run_where_students_put_them(raw_unit: Unit, tmp_path: Path):
    for name, content in solved_files(raw_unit).items():
        (tmp_path / name).write_bytes(content)
    code = "import numpy as np, ops, fast; print(ops.add([1, 2], [3, 4]), fast.scale(np.ones(2), 3.0))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{raw_unit.root}"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "[4, 6] [3. 3.]", done.stderr
    assert "SOLUTION" not in (tmp_path / "fast.py").read_text()


def test_drift_is_named_with_a_diff_and_the_command_that_mends_it(unit: Unit):
    assert check_drift(unit) == []
    (unit.assignment / "ops.py").write_text(OPS_STARTER.replace("LIMIT = 3", "LIMIT = 4"))
    (unit.assignment / "fast.py").unlink()
    (unit.assignment / "old.py").write_text("x = 1\n")
    ops, fast, old = check_drift(unit)
    assert ops.startswith("assignments/01_tiny/ops.py")
    assert "-LIMIT = 4" in ops
    assert "+LIMIT = 3" in ops
    assert "found no such file" in fast
    assert "old.py: not in the manifest" in old
    assert all("./mlsys release 01" in message for message in (ops, fast, old))
    assert write_starters(unit) == ["ops.py", "fast.py", "old.py (removed)"]
    assert check_drift(unit) == []
    assert write_starters(unit) == []


def test_the_starters_of_this_course_are_up_to_date():
    units = [unit for unit in find_units() if unit.manifest.exists()]
    for unit in units:
        assert check_drift(unit) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('bodies = ["_scale"]', 'bodies = ["_scales"]', r"names '_scales'.*not in reference/tiny/fast.py"),
        ('function = "scale"', 'function = "scaled"', "names 'scaled'"),
        ('remove = ["_only_for_add"]', 'remove = ["_gone"]', "removes '_gone'"),
        (
            'given = ["shapes.py"]',
            "given = []",
            r"line 7: shapes is imported, but is not in `modules` or `given`",
        ),
        ('given = ["shapes.py"]', 'given = ["shapes.py", "more.py"]', "expected reference/tiny/more.py"),
    ],
)
def test_a_manifest_that_does_not_fit_the_reference(raw_unit: Unit, old: str, new: str, message: str):
    text = raw_unit.manifest.read_text()
    assert old in text
    raw_unit.manifest.write_text(text.replace(old, new))
    with pytest.raises(ReleaseError, match=message):
        starter_files(raw_unit)


def test_a_reference_that_is_not_python(raw_unit: Unit):
    (raw_unit.reference / "ops.py").write_text("x = 1\ndef f(:\n")
    with pytest.raises(ReleaseError, match=r"reference/tiny/ops.py: line 2: not valid Python"):
        starter_files(raw_unit)


def emptied(source: str, **messages: str) -> str:
    return empty_bodies(dedent(source), {name.replace("__", "."): text for name, text in messages.items()})


def test_decorators_comments_and_odd_layouts_survive():
    source = '''
    @jit(parallel=True,   # why
         fastmath=True)
    def f(a,
          b):  # trailing
        """Doc.

        More.
        """
        # gone
        x = 1
        # gone, too
    # stays: it belongs to what follows
    async def g(): return await h()

    class C:
        def m(self): pass
        def f(self):
            return 1
    '''
    wanted = '''
    @jit(parallel=True,   # why
         fastmath=True)
    def f(a,
          b):  # trailing
        """Doc.

        More.
        """
        raise NotImplementedError("F")
    # stays: it belongs to what follows
    async def g():
        raise NotImplementedError("G")

    class C:
        def m(self):
            raise NotImplementedError("M")
        def f(self):
            return 1
    '''
    assert emptied(source, f="F", g="G", C__m="M") == dedent(wanted)


def test_a_body_that_is_all_docstring_raises_too():
    assert (
        emptied('def f():\n    "Doc."\n', f="x")
        == 'def f():\n    "Doc."\n    raise NotImplementedError("x")\n'
    )


def test_solution_markers_keep_the_scaffolding():
    source = """
    def f(n):
        total = 0
        for i in range(n):
            # BEGIN SOLUTION
            total += i
            # END SOLUTION
        # BEGIN SOLUTION
        total += 1
        # END SOLUTION
        return total
    """
    wanted = """
    def f(n):
        total = 0
        for i in range(n):
            raise NotImplementedError("x")
        raise NotImplementedError("x")
        return total
    """
    assert emptied(source, f="x") == dedent(wanted)
    assert "SOLUTION" not in strip_markers(source)
    assert strip_markers(source).count("total += ") == 2


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f():\n    # BEGIN SOLUTION\n    pass\n", "line 2: expected # END SOLUTION behind"),
        ("def f():\n    # END SOLUTION\n    pass\n", "line 2: expected # BEGIN SOLUTION before"),
        ("def f():\n    # BEGIN SOLUTION\n    # BEGIN SOLUTION\n    pass\n", "a second # BEGIN"),
        ("def f():\n    x = 1  # BEGIN SOLUTION\n    # END SOLUTION\n", "on a line of its own"),
        ("# BEGIN SOLUTION\nx = 1\n# END SOLUTION\ndef f():\n    pass\n", "line 1: .* stands outside"),
        ("x = 1\n", "expected a function 'f', found none"),
        ("def f(:\n", "line 1: not valid Python"),
    ],
)
def test_sources_that_cannot_be_emptied(source: str, message: str):
    with pytest.raises(EditError, match=message):
        empty_bodies(source, {"f": "x"})


@given(st.text(alphabet="ab \"\\\\'é", min_size=1, max_size=300), st.integers(0, 3))
def test_a_message_of_any_length_is_kept_whole(message: str, depth: int):
    name = ".".join("C" * depth + "f")
    source = (
        "".join(f"{'    ' * level}class C:\n" for level in range(depth)) + f"{'    ' * depth}def f(): ...\n"
    )
    result = empty_bodies(source, {name: message})
    [error] = [node for node in ast.walk(ast.parse(result)) if isinstance(node, ast.Raise)]
    assert isinstance(error.exc, ast.Call)
    assert ast.literal_eval(error.exc.args[0]) == message
    assert max(len(line) for line in result.splitlines()) <= 110


def test_a_marker_within_a_string_is_text():
    source = 'def f():\n    return """\n# BEGIN SOLUTION\n"""\n'
    assert strip_markers(source) == source


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("from reference.u.a import (  # c\n    x,\n)\n", "from a import (  # c\n    x,\n)\n"),
        ("import reference.u.a as q, numpy as np\n", "import a as q, numpy as np\n"),
        ("import reference.u.a as a\n", "import a\n"),
        ("from . import a, b as c\n", "import a, b as c\n"),
        ("from reference.u import (\n    a,\n    b,\n)\n", "import a, b\n"),
        ("from .a import *\n", "from a import *\n"),
        ("from ..measure import t\n", "from reference.measure import t\n"),
        ("from ..v.w import t\n", "from reference.v.w import t\n"),
        ("from reference.u2.a import t\n", "from reference.u2.a import t\n"),
        ("if True:\n    from .a import x\n", "if True:\n    from a import x\n"),
        ("x = 'reference.u.a'  # from . import a\n", "x = 'reference.u.a'  # from . import a\n"),
    ],
)
def test_imports_within_the_unit(source: str, wanted: str):
    assert rewrite_imports(source, "reference.u", {"a", "b"}) == wanted


@pytest.mark.parametrize(
    "source",
    [
        "import reference.u.a\n",
        "import reference.u as u\n",
        "from reference import u\n",
        "from . import helper\n",
        "from .c import x\n",
        "from . import *\n",
        "from ...x import y\n",
        "from reference.u.sub.a import x\n",
    ],
)
def test_imports_that_would_not_work_on_the_desk(source: str):
    with pytest.raises(EditError, match="line 3:"):
        rewrite_imports("\n\n" + source, "reference.u", {"a", "b"})


NAMES = st.sampled_from(["f", "g", "h", "_k"])
STATEMENTS = st.sampled_from(
    [
        "return 1",
        "x  =  2 # c",
        "pass",
        "for i in range(3):\n    y = i\n",
        "# comment\nz = (1,\n  2)",
        "'text'",
        "",
    ]
)


@st.composite
def modules(draw: st.DrawFn) -> str:
    """A module of functions with odd spacing, comments, decorators and nested blocks."""
    parts = [draw(st.sampled_from(["", '"""Doc."""\n', "# c\n\n\n", "from __future__ import annotations\n"]))]
    for name in draw(st.lists(NAMES, unique=True, min_size=1)):
        indent = draw(st.sampled_from(["  ", "    ", "\t"]))
        body = "\n".join([*draw(st.lists(STATEMENTS, max_size=3)), "pass"])
        if draw(st.booleans()):
            body = '"""Doc of it."""\n' + body
        decorator = draw(st.sampled_from(["", "@staticmethod\n", "@d(1,\n   2) # e\n"]))
        body = "".join(indent + line + "\n" if line else "\n" for line in body.split("\n"))
        parts.append(f"{decorator}def {name}(a,  b = 1):{draw(st.sampled_from(['', '  # t']))}\n{body}")
        parts.append(draw(st.sampled_from(["", "\n\n", "X = 1 ;Y=2\n", "# between\n"])))
    return "".join(parts)


@given(modules(), st.data())
def test_emptying_touches_the_asked_bodies_alone(source: str, data: st.DataObject):
    known = functions(source)
    asked = data.draw(st.lists(st.sampled_from(sorted(known)), unique=True))
    result = empty_bodies(source, {name: f"01.1 {name}: x" for name in asked})
    before, after = source.splitlines(), result.splitlines()
    # Every line outside of the asked functions is there still, in order.
    inside = {n for name in asked for n in range(known[name][0], known[name][1] + 1)}
    outside = [line for n, line in enumerate(before, 1) if n not in inside]
    spans = functions(result)
    inside_after = {n for name in asked for n in range(spans[name][0], spans[name][1] + 1)}
    kept = [line for n, line in enumerate(after, 1) if n not in inside_after]
    assert [line for line in kept if line.strip()] == [line for line in outside if line.strip()]
    old, new = tree(source), tree(result)
    for name in known:
        if name in asked:
            assert isinstance(new[name].body[-1], ast.Raise)
            assert ast.get_docstring(new[name]) == ast.get_docstring(old[name])
            assert ast.dump(new[name].args) == ast.dump(old[name].args)
            assert [ast.dump(d) for d in new[name].decorator_list] == [
                ast.dump(d) for d in old[name].decorator_list
            ]
        else:
            assert ast.dump(new[name]) == ast.dump(old[name])
    assert empty_bodies(source, {}) == source


@given(modules(), st.data())
def test_putting_back_undoes_an_edit(source: str, data: st.DataObject):
    """Whatever the student writes into one function, a reset brings that one back, and no other."""
    known = functions(source)
    name = data.draw(st.sampled_from(sorted(known)))
    other = empty_bodies(source, dict.fromkeys(known, "mine"))
    result = tree(put_back(other, source, [name]))
    assert ast.dump(result[name]) == ast.dump(tree(source)[name])
    for each in known.keys() - {name}:
        assert ast.dump(result[each]) == ast.dump(tree(other)[each])


def tree(source: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def test_a_compiled_starter_raises_its_own_words(tmp_path: Path):
    """numba must compile the emptied body, and hand its text to Python."""
    source = dedent('''
        import numpy as np
        from numba import njit, prange


        @njit(parallel=True)
        def kernel(a, c):
            """Write a to `c`."""
            for i in prange(a.size):
                c[i] = a[i]


        @njit("float64(float64)")
        def typed(x):
            return x


        @njit
        def scaffold(a):
            total = 0.0
            for x in a:
                # BEGIN SOLUTION
                total += x
                # END SOLUTION
            return total
    ''')
    messages = {
        "kernel": '01.4 kernel: a "quoted" word',
        "typed": "01.5 typed: x",
        "scaffold": "01.6 scaffold: y",
    }
    (tmp_path / "starter.py").write_text(empty_bodies(source, messages))
    code = dedent("""
        import warnings; warnings.simplefilter("ignore")
        import numpy as np, starter
        a = np.ones(3)
        for name, args in (("kernel", (a, a)), ("typed", (1.0,)), ("scaffold", (a,))):
            try:
                getattr(starter, name)(*args)
            except NotImplementedError as error:
                print(error)
    """)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines() == list(messages.values()), done.stderr

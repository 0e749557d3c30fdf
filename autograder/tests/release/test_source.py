"""Editing sources: asked bodies go, imports are rewritten, and every other byte is kept."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.release.bodies import empty_bodies, strip_markers
from autograder.release.imports import rewrite_imports
from autograder.release.source import EditError, functions, put_back


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
        ("def f():\n    # BEGIN SOLUTION\n    pass\n", "line 2: expected # END SOLUTION after"),
        ("def f():\n    # END SOLUTION\n    pass\n", "line 2: expected # BEGIN SOLUTION before"),
        ("def f():\n    # BEGIN SOLUTION\n    # BEGIN SOLUTION\n    pass\n", "a second # BEGIN"),
        ("def f():\n    x = 1  # BEGIN SOLUTION\n    # END SOLUTION\n", "got code beside it"),
        ("# BEGIN SOLUTION\nx = 1\n# END SOLUTION\ndef f():\n    pass\n", "line 1: .* got it outside"),
        ("x = 1\n", "expected a function 'f', got no function"),
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
        ("from ..shared.timing.stopwatch import t\n", "from reference.shared.timing.stopwatch import t\n"),
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

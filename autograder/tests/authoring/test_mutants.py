"""The mutants of a body: which mistakes are made, and that each is a program of its own."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from autograder.authoring.mutation.equivalents import Equivalent, read_equivalents, stale
from autograder.authoring.mutation.mutants import Mutant, mutants_of, sample
from autograder.core.manifest import Task, unit_manifest
from autograder.core.units import CourseError, Unit, find_units
from autograder.release.starters import solved_files


def task_of(function: str, module: str, *bodies: str) -> Task:
    fields = {
        "id": "01.1",
        "function": function,
        "module": module,
        "title": "t",
        "points": 1,
        "bodies": bodies,
    }
    return Task.model_validate(fields)


def made(body: str, *, parameters: str = "a, b, out", function: str = "work") -> dict[str, list[str]]:
    """Operator -> the changed lines, of a function with this body."""
    text = f'def {function}({parameters}):\n    """The docstring: 1 + 1."""\n' + "".join(
        f"    {line}\n" for line in dedent(body).strip().splitlines()
    )
    task = task_of(function, "work.py")
    found: dict[str, list[str]] = {}
    for mutant in mutants_of({"work.py": text.encode()}, task):
        ast.parse(mutant.text)
        found.setdefault(mutant.operator, []).append(mutant.now.strip())
    return found


@pytest.mark.parametrize(
    ("body", "operator", "wanted"),
    [
        ("return a < b", "comparison", ["return a <= b"]),
        ("return a - b", "arithmetic", ["return a + b"]),
        ("out[a, b] = 0", "swapped indices", ["out[b, a] = 0"]),
        ("return out[a]", "shifted index", ["return out[a + 1]", "return out[a - 1]"]),
        ("return out[a:b]", "shifted bound", ["return out[a + 1:b]", "return out[a:b - 1]"]),
        ("return range(a, b)", "shifted bound", ["return range(a + 1, b)", "return range(a, b - 1)"]),
        ("return range(a, b, out)", "dropped step", ["return range(a, b)"]),
        ("return out.copy()", "dropped copy", ["return out"]),
        ("return sum(out, axis=a)", "dropped argument", ["return sum(out)"]),
        ("return sum(out, axis=0)", "constant", ["return sum(out, axis=1)"]),
        ("cuda.syncthreads()", "dropped call", ["pass"]),
        ("out[0] = a", "dropped store", ["pass"]),
        ("a += b", "sign of an update", ["a -= b"]),
        ("a += b", "assignment for update", ["a = b"]),
        ("a, b = f()", "swapped names", ["b, a = f()"]),
        ("return np.float64(a)", "narrower type", ["return np.float32(a)"]),
        ("return max(a, b)", "opposite", ["return min(a, b)"]),
        ("return threadIdx.x", "opposite", ["return threadIdx.y"]),
        ("return dot(a, b)", "swapped arguments", ["return dot(b, a)"]),
        ("return -a", "dropped sign", ["return a"]),
        ("return a and b", "and or or", ["return a or b"]),
        ("return a if out else b", "dropped choice", ["return a", "return b"]),
        ("out[a] = b[a] + 1", "operand changed in place", ["out[a] = b[a] = b[a] + 1"]),
        ("if a:\n    b()", "dropped guard", ["if True:"]),
        ("if a:\n    b()", "guard that never holds", ["if False:"]),
        ("while a:\n    break", "dropped jump", ["pass"]),
    ],
)
def test_an_operator_makes_its_mistake(body: str, operator: str, wanted: list[str]):
    assert made(body)[operator] == wanted


def test_loops_change_places_only_where_the_inner_one_does_not_need_the_outer():
    nested = "for i in range(a):\n    for j in range({}):\n        out[i, j] = 0"
    assert made(nested.format("b"))["order of loops"] == ["for j in range(b):\n        for i in range(a):"]
    assert "order of loops" not in made(nested.format("i"))


def test_arguments_without_an_order_are_left_as_they_are():
    assert "swapped arguments" not in made("return max(a, b)")
    assert "dropped argument" not in made("return zip(a, b, strict=True)")


def test_docstrings_errors_and_annotations_are_left_as_they_are():
    assert made('x: list[int] = f(a)\nraise ValueError(f"{1 + 1}")') == {}


def test_only_the_lines_that_students_write_are_changed():
    body = "if a < b:\n    return a\n# BEGIN SOLUTION\na += b\n# END SOLUTION\nreturn a - b"
    assert set(made(body)) == {"sign of an update", "assignment for update", "dropped update"}


def test_an_operand_that_is_an_array_is_changed_at_the_end():
    found = made("return b", parameters="a: np.ndarray, b: int, out: np.ndarray")
    assert found == {"operand changed in place": ["def work(...):  # changes a at its end"]}


def test_the_line_is_that_of_the_file():
    text = "X = 1\n\n\nclass Tree:\n    def grow(self, n):\n        m = n\n        return n + m\n"
    task = task_of("grow", "t.py", "Tree.grow")
    (mutant,) = mutants_of({"t.py": text.encode()}, task)
    assert (mutant.line, mutant.was, mutant.now) == (7, "        return n + m", "        return n - m")
    assert mutant.text == text.replace("n + m", "n - m")
    assert mutant.diff == "t.py:7 Tree.grow: arithmetic\n-        return n + m\n+        return n - m"


def test_a_missing_body_is_named():
    task = task_of("f", "t.py", "g")
    with pytest.raises(CourseError, match=r"expected the function g of task 01\.1"):
        mutants_of({"t.py": b"def f(): pass\n"}, task)


def mutant(number: int, operator: str) -> Mutant:
    return Mutant("01.1", "m.py", "f", operator, number, "a", f"b{number}", "")


def test_a_sample_has_as_many_operators_as_possible_and_is_always_the_same():
    mutants = [mutant(i, "arithmetic") for i in range(20)] + [mutant(99, "comparison")]
    drawn = sample(mutants, 3)
    assert sorted(each.operator for each in drawn) == ["arithmetic", "arithmetic", "comparison"]
    assert sample(mutants[::-1], 3) == drawn
    assert len(sample(mutants, None)) == 21


@pytest.mark.parametrize(
    "unit", [unit for unit in find_units() if unit.manifest.exists()], ids=lambda u: u.slug
)
def test_each_entry_of_a_real_unit_is_about_a_mutant_of_today(unit: Unit):
    solved = solved_files(unit, marks=True)
    entries = read_equivalents(unit)
    about = {entry.function for entry in entries}
    tasks = [task for task in unit_manifest(unit).tasks if about & {task.function, *task.asked}]
    mutants = [each for task in tasks for each in mutants_of(solved, task)]
    assert [entry.words for entry in stale(entries, mutants)] == []


def test_an_entry_is_about_one_mutant_or_about_one_operator_in_a_function():
    found = Mutant("01.1", "m.py", "f", "order of loops", 3, "    for i in x:", "    for j in x:", "")
    assert Equivalent(function="f", reason="r", was="for i in x:", now="for j in x:").fits(found)
    assert Equivalent(function="f", reason="r", was="for i in x:").fits(found)
    assert Equivalent(function="f", reason="r", operator="order of loops").fits(found)
    assert not Equivalent(function="f", reason="r", operator="arithmetic").fits(found)
    assert not Equivalent(function="g", reason="r", operator="order of loops").fits(found)
    assert not Equivalent(function="f", reason="r", was="for i in x:", now="for k in x:").fits(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[[equivalent]]\nfunction = 'f'\nreason = 'r'\n",
            "f: expected `was` or `operator`, got neither",
        ),
        ("[[equivalent]]\nfunction = 'f'\n", "equivalent.0.reason: Field required"),
        ("[[equivalent]\n", "expected TOML"),
    ],
)
def test_a_wrong_list_is_refused_with_its_place(unit: Unit, text: str, said: str):
    (unit.checks / "equivalent.toml").write_text(text)
    with pytest.raises(CourseError) as error:
        read_equivalents(unit)
    assert str(error.value).startswith("autograder/checks/01_tiny/equivalent.toml: ")
    assert said in str(error.value)

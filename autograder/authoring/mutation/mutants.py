"""Make the mutants of a unit's reference: one mistake in one body that students write."""

from __future__ import annotations

import ast
import difflib
import hashlib
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import libcst as cst
from libcst import matchers as m

from autograder.authoring.mutation.operators import changes, last_name
from autograder.core.manifest import Task
from autograder.core.units import CourseError
from autograder.release.bodies import solution_blocks

IN_PLACE = "operand changed in place"
ARRAYS = ("Any", "ndarray", "Array", "list", "Tensor", "Matrix", "Vector", "Sequence", "Rows")
SPOILER = """

def _spoil(x):
    if type(x) is list and x:
        if type(x[0]) is list:
            _spoil(x[0])
        else:
            x[0] = x[0] + 1
    elif hasattr(x, "untyped_storage") and x.numel():
        x.view(-1)[:1].add_(1)
    elif hasattr(x, "flat") and x.size:
        x.flat[0] = x.flat[0] + 1


_unspoiled = {name}


def {name}(*args, **kwargs):
    try:
        return _unspoiled(*args, **kwargs)
    finally:
        _spoil(args[{place}])
"""


@dataclass(frozen=True)
class Mutant:
    """One mistake. `text`: the whole module with it; `was` and `now`: the changed lines."""

    task: str
    module: str
    function: str
    operator: str
    line: int
    was: str
    now: str
    text: str

    @property
    def key(self) -> str:
        """The same for the same mistake in the same lines, wherever they are in the file."""
        text = "\0".join((self.task, self.function, self.operator, self.was, self.now))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def diff(self) -> str:
        removed = [f"-{line}" for line in self.was.splitlines()]
        added = [f"+{line}" for line in self.now.splitlines()]
        return "\n".join([f"{self.module}:{self.line} {self.function}: {self.operator}", *removed, *added])


def mutants_of(solved: dict[str, bytes], task: Task) -> list[Mutant]:
    """Every mutant of the task's bodies, each distinct program once. Raises CourseError for a body that is missing."""
    text = solved[task.module].decode()
    module = cst.parse_module(text)
    found = []
    for body in task.asked:
        function = find(module, body.split("."))
        if function is None:
            raise CourseError(f"{task.module}: expected the function {body} of task {task.id}, got none")
        before = indented(module.code_for_node(function), body)
        start = text.index(before)
        seen, written = {fingerprint(before)}, lines_to_write(before)
        for operator, other in mistakes(function):
            after = indented(module.code_for_node(other), body)
            if (program := fingerprint(after)) not in seen:
                seen.add(program)
                line, was, now = difference(before, after)
                if line not in written:
                    continue
                line += text.count("\n", 0, start)
                changed = text[:start] + after + text[start + len(before) :]
                found.append(Mutant(task.id, task.module, body, operator, line, was, now, changed))
    for place, name in arrays(module, task):
        changed = text + SPOILER.format(name=task.function, place=place)
        told = f"def {task.function}(...):", f"def {task.function}(...):  # changes {name} at its end"
        found.append(Mutant(task.id, task.module, task.function, IN_PLACE, 1, *told, changed))
    return found


def lines_to_write(code: str) -> set[int]:
    """The lines of a function that students write: those of its solution blocks, or all of them."""
    blocks = solution_blocks(textwrap.dedent(code)) or [(1, code.count("\n") + 1)]
    return {line for first, last in blocks for line in range(first, last + 1)}


def indented(code: str, name: str) -> str:
    """The code of a function as it stands in its module; libcst gives a method without its indentation."""
    return textwrap.indent(code, "    " * name.count("."))


def mistakes(function: cst.FunctionDef) -> Iterator[tuple[str, cst.CSTNode]]:
    """The name of each mistake in the function's body, and the function with it."""
    operands = {parameter.name.value for parameter in function.params.params}
    for node in walk(function.body, docstring(function)):
        for operator, other in [*changes(node), *stores_into(operands, node)]:
            yield operator, function.deep_replace(node, other)  # pyright: ignore[reportArgumentType, reportReturnType]


def stores_into(operands: set[str], node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
    """`out[i] = a[i] + 1` becomes `out[i] = a[i] = a[i] + 1`: kernels have no other way to change an operand."""
    if isinstance(node, cst.Assign) and m.matches(node.targets[0].target, m.Subscript()):
        for read in m.findall(node.value, m.Subscript(value=m.Name())):
            assert isinstance(read, cst.Subscript)
            same = read.deep_equals(node.targets[0].target) or read.deep_equals(node.value)
            if last_name(read.value) in operands and not same:
                yield IN_PLACE, node.with_changes(targets=[*node.targets, cst.AssignTarget(read)])


def arrays(module: cst.Module, task: Task) -> Iterator[tuple[int, str]]:
    """The places and names of the operands of the task's function that are arrays or lists."""
    function = find(module, [task.function])
    if function is None or function.decorators:
        return
    for place, parameter in enumerate(function.params.params):
        if parameter.annotation is not None and parameter.name.value != "out":
            kind = module.code_for_node(parameter.annotation.annotation)
            if any(word in kind for word in ARRAYS):
                yield place, parameter.name.value


def find(parent: cst.CSTNode, path: list[str]) -> cst.FunctionDef | None:
    """The function of a qualified name."""
    body = parent.body.body if isinstance(parent, cst.ClassDef) else getattr(parent, "body", ())
    for node in body:
        if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.name.value == path[0]:
            if len(path) > 1:
                return find(node, path[1:])
            return node if isinstance(node, cst.FunctionDef) else None
    return None


def docstring(function: cst.FunctionDef) -> cst.CSTNode | None:
    first = function.body.body[0] if function.body.body else None
    if isinstance(first, cst.SimpleStatementLine) and function.get_docstring() is not None:
        return first
    return None


def walk(node: cst.CSTNode, skipped: cst.CSTNode | None) -> Iterator[cst.CSTNode]:
    """The node and all nodes in it; messages of errors and annotations are left out."""
    if node is skipped or isinstance(node, cst.Raise | cst.Annotation | cst.Assert):
        return
    yield node
    for child in node.children:
        yield from walk(child, skipped)


def fingerprint(text: str) -> str:
    """The same for two texts of one function."""
    try:
        return ast.dump(ast.parse(textwrap.dedent(text)))
    except SyntaxError:
        return ""  # equal for all: at most one is tried


def difference(before: str, after: str) -> tuple[int, str, str]:
    """The first changed line, and the changed lines before and after."""
    old, new = before.splitlines(), after.splitlines()
    blocks = [
        block
        for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if block[0] != "equal"
    ]
    first, last = blocks[0], blocks[-1]
    was, now = old[first[1] : last[2]], new[first[3] : last[4]]
    return first[1] + 1, "\n".join(was), "\n".join(now)


def sample(mutants: list[Mutant], most: int | None) -> list[Mutant]:
    """At most this many, of as many operators as possible; the same ones for the same code."""
    by_operator = defaultdict[str, list[Mutant]](list)
    for mutant in sorted(mutants, key=lambda mutant: mutant.key):
        by_operator[mutant.operator].append(mutant)
    rounds = zip_longest(*by_operator.values())
    return [mutant for each in rounds for mutant in each if mutant is not None][:most]

"""The mistakes that a mutant makes, as changes of libcst nodes.

`changes(node)` yields pairs of an operator's name and the node to put in place. A statement that is dropped becomes
`pass`. Each mistake is one that people make: a shifted bound, swapped indices, a missing guard, barrier or copy, a
wrong sign, axis or precision.

Source of the method: DeMillo, Lipton and Sayward 1978, "Hints on test data selection"; the set of operators follows
the mistakes that students make in numerical kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import libcst as cst
from libcst import matchers as m

Change = tuple[str, cst.CSTNode]

COMPARISONS: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.LessThan: cst.LessThanEqual,
    cst.LessThanEqual: cst.LessThan,
    cst.GreaterThan: cst.GreaterThanEqual,
    cst.GreaterThanEqual: cst.GreaterThan,
    cst.Equal: cst.NotEqual,
    cst.NotEqual: cst.Equal,
}
ARITHMETIC: dict[type[cst.BaseBinaryOp], type[cst.BaseBinaryOp]] = {
    cst.Add: cst.Subtract,
    cst.Subtract: cst.Add,
    cst.Multiply: cst.Add,
    cst.Divide: cst.Multiply,
    cst.FloorDivide: cst.Modulo,
    cst.Modulo: cst.FloorDivide,
    cst.Power: cst.Multiply,
    cst.LeftShift: cst.RightShift,
    cst.RightShift: cst.LeftShift,
    cst.BitAnd: cst.BitOr,
    cst.BitOr: cst.BitAnd,
}
UPDATES: dict[type[cst.BaseAugOp], type[cst.BaseAugOp]] = {
    cst.AddAssign: cst.SubtractAssign,
    cst.SubtractAssign: cst.AddAssign,
    cst.MultiplyAssign: cst.AddAssign,
    cst.DivideAssign: cst.MultiplyAssign,
}
NARROWER = {"float64": "float32", "float32": "float16", "int64": "int32"}
OPPOSITE = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "x": "y", "y": "x"}
SYMMETRIC = {"min", "max", "minimum", "maximum", "add", "multiply", "zip"}  # their arguments have no order
COPIES = ("copy", "clone", "contiguous", "ascontiguousarray", "list", "array", "tuple")


def changes(node: cst.CSTNode) -> Iterator[Change]:
    """Every mistake at this node, one change each."""
    for kind, operator in OPERATORS:
        if isinstance(node, kind):
            yield from operator(node)


def compare(node: cst.Comparison) -> Iterator[Change]:
    for at, target in enumerate(node.comparisons):
        other = COMPARISONS.get(type(target.operator))
        if other is not None:
            targets = [*node.comparisons]
            targets[at] = target.with_changes(operator=other())
            yield "comparison", node.with_changes(comparisons=targets)


def compute(node: cst.BinaryOperation) -> Iterator[Change]:
    other = ARITHMETIC.get(type(node.operator))
    if other is not None:
        yield "arithmetic", node.with_changes(operator=other())


def update(node: cst.AugAssign) -> Iterator[Change]:
    other = UPDATES.get(type(node.operator))
    if other is not None:
        yield "sign of an update", node.with_changes(operator=other())
    yield "assignment for update", cst.Assign([cst.AssignTarget(node.target)], node.value)
    yield "dropped update", cst.Pass()


def number(node: cst.Integer | cst.Float) -> Iterator[Change]:
    if isinstance(node, cst.Float):
        yield "constant", cst.Float("1.0" if float(node.value) == 0 else repr(float(node.value) * 2))
        return
    value = node.evaluated_value
    yield "constant", cst.Integer(str(value + 1))
    if value > 0:
        yield "constant", cst.Integer(str(value - 1))


def negation(node: cst.UnaryOperation) -> Iterator[Change]:
    if isinstance(node.operator, cst.Minus | cst.Not):
        yield "dropped sign", node.expression


def logic(node: cst.BooleanOperation) -> Iterator[Change]:
    other = cst.Or() if isinstance(node.operator, cst.And) else cst.And()
    yield "and or or", node.with_changes(operator=other)
    yield "dropped condition", node.left
    yield "dropped condition", node.right


def index(node: cst.Subscript) -> Iterator[Change]:
    places = node.slice
    if len(places) == 2:
        first, second = places
        yield (
            "swapped indices",
            node.with_changes(
                slice=[first.with_changes(slice=second.slice), second.with_changes(slice=first.slice)]
            ),
        )
    for at, place in enumerate(places):
        for name, inner in shifted(place.slice):
            changed = [*places]
            changed[at] = place.with_changes(slice=inner)
            yield name, node.with_changes(slice=changed)


def shifted(place: cst.BaseSlice) -> Iterator[tuple[str, cst.BaseSlice]]:
    """An index or a slice, moved by one."""
    if isinstance(place, cst.Index) and m.matches(place.value, m.Name()):
        yield "shifted index", place.with_changes(value=plus(place.value, cst.Add()))
        yield "shifted index", place.with_changes(value=plus(place.value, cst.Subtract()))
    if isinstance(place, cst.Slice):
        if place.lower is not None:
            yield "shifted bound", place.with_changes(lower=plus(place.lower, cst.Add()))
        if place.upper is not None:
            yield "shifted bound", place.with_changes(upper=plus(place.upper, cst.Subtract()))


def plus(value: cst.BaseExpression, operator: cst.BaseBinaryOp) -> cst.BaseExpression:
    """(value) + 1, or - 1."""
    if not isinstance(value, cst.Name | cst.Integer | cst.Attribute | cst.Subscript | cst.Call):
        value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.BinaryOperation(value, operator, cst.Integer("1"))


def call(node: cst.Call) -> Iterator[Change]:
    name = last_name(node.func)
    positional = [
        at for at, argument in enumerate(node.args) if argument.keyword is None and not argument.star
    ]
    if name in {"range", "prange", "arange", "static_range"}:
        yield from bounds(node)
    elif positional == [0, 1] and name not in SYMMETRIC:
        first, second = node.args[0], node.args[1]
        swapped = [first.with_changes(value=second.value), second.with_changes(value=first.value)]
        yield "swapped arguments", node.with_changes(args=[*swapped, *node.args[2:]])
    for at, argument in enumerate(node.args):
        if argument.keyword is not None and argument.keyword.value not in {"dtype", "strict"}:
            rest = [*node.args[:at], *node.args[at + 1 :]]
            yield "dropped argument", node.with_changes(args=without_trailing_comma(rest))
    if name in COPIES and isinstance(node.func, cst.Attribute) and not node.args:
        yield "dropped copy", node.func.value
    elif name in COPIES and len(node.args) == 1:
        yield "dropped copy", node.args[0].value


def bounds(node: cst.Call) -> Iterator[Change]:
    """A loop that starts or ends one step away, or forgets its step."""
    starts = len(node.args) > 1
    for at, argument in enumerate(node.args[:2]):
        operator = cst.Add() if starts and at == 0 else cst.Subtract()
        changed = [*node.args]
        changed[at] = argument.with_changes(value=plus(argument.value, operator))
        yield "shifted bound", node.with_changes(args=changed)
    if len(node.args) == 3:
        yield "dropped step", node.with_changes(args=without_trailing_comma(node.args[:2]))


def without_trailing_comma(arguments: Sequence[cst.Arg]) -> list[cst.Arg]:
    found = [*arguments]
    if found:
        found[-1] = found[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return found


def last_name(node: cst.BaseExpression) -> str:
    """`c` of a.b.c."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def attribute(node: cst.Attribute) -> Iterator[Change]:
    """A narrower type, the other axis of a thread index, the other extreme."""
    name = node.attr.value
    if name in NARROWER:
        yield "narrower type", node.with_changes(attr=cst.Name(NARROWER[name]))
    elif name in OPPOSITE:
        yield "opposite", node.with_changes(attr=cst.Name(OPPOSITE[name]))


def extreme(node: cst.Call) -> Iterator[Change]:
    if isinstance(node.func, cst.Name) and node.func.value in {"min", "max"}:
        yield "opposite", node.with_changes(func=cst.Name(OPPOSITE[node.func.value]))


def guard(node: cst.If) -> Iterator[Change]:
    space = cst.SimpleWhitespace(" ")
    yield "dropped guard", node.with_changes(test=cst.Name("True"), whitespace_before_test=space)
    yield "guard that never holds", node.with_changes(test=cst.Name("False"), whitespace_before_test=space)
    if isinstance(node.orelse, cst.Else):
        yield "dropped else", node.with_changes(orelse=None)


def choice(node: cst.IfExp) -> Iterator[Change]:
    yield "dropped choice", node.body
    yield "dropped choice", node.orelse


def dropped(node: cst.Expr) -> Iterator[Change]:
    """A barrier, a store or another call for its effect."""
    if isinstance(node.value, cst.Call):
        yield "dropped call", cst.Pass()


def assign(node: cst.Assign) -> Iterator[Change]:
    targets = [target.target for target in node.targets]
    if any(isinstance(target, cst.Subscript) for target in targets):
        yield "dropped store", cst.Pass()
    for target in targets:
        if isinstance(target, cst.Tuple) and len(target.elements) == 2:
            first, second = target.elements
            swapped = [first.with_changes(value=second.value), second.with_changes(value=first.value)]
            changed = target.with_changes(elements=swapped)
            yield "swapped names", node.with_changes(targets=[cst.AssignTarget(changed)])


def loop(node: cst.For) -> Iterator[Change]:
    """Two loops, one directly in the other, in the other order; and one that ends early."""
    inner = only_statement(node.body)
    if isinstance(inner, cst.For) and not names(inner.iter) & names(node.target):
        turned = inner.with_changes(target=node.target, iter=node.iter)
        outer = node.with_changes(target=inner.target, iter=inner.iter)
        yield "order of loops", outer.deep_replace(inner, turned)


def only_statement(body: cst.BaseSuite) -> cst.CSTNode | None:
    return body.body[0] if isinstance(body, cst.IndentedBlock) and len(body.body) == 1 else None


def names(node: cst.CSTNode) -> set[str]:
    return {found.value for found in m.findall(node, m.Name())}  # pyright: ignore[reportAttributeAccessIssue]


def jump(_: cst.Break | cst.Continue) -> Iterator[Change]:
    yield "dropped jump", cst.Pass()


OPERATORS: tuple[tuple[Any, Callable[[Any], Iterator[Change]]], ...] = (
    (cst.Comparison, compare),
    (cst.BinaryOperation, compute),
    (cst.AugAssign, update),
    ((cst.Integer, cst.Float), number),
    (cst.UnaryOperation, negation),
    (cst.BooleanOperation, logic),
    (cst.Subscript, index),
    (cst.Call, call),
    (cst.Call, extreme),
    (cst.Attribute, attribute),
    (cst.If, guard),
    (cst.IfExp, choice),
    (cst.Expr, dropped),
    (cst.Assign, assign),
    (cst.For, loop),
    ((cst.Break, cst.Continue), jump),
)

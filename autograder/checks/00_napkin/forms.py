"""The form of a reply, looked at before its values: plain numbers, a figure, a pair, an interval.

Of a pair one half is compared at a time, so that one mistake costs one check.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from autograder.judge.checking import Status, Student, expect_equal, expect_form, fail, short

SHOWN = 8  # numbers of a list in a message


def call(student: Student, function: str, *args: Any, gives: Any = None, **how: Any) -> Any:
    """The student's value, in which NumPy's numbers stand for Python's: that costs nobody a point here.

    gives: the form that the check relies on, as `Student.call` has it, but with NumPy's numbers replaced before.
    Where an argument is a short list, a message about the value shows its numbers.
    """
    value = expect_form(plain(student.call(function, *args, **how)), gives)
    if any(type(each) is list and len(each) <= SHOWN for each in args):
        shown = [*map(written, args), *(f"{name}={written(each)}" for name, each in how.items())]
        student.name_call(f"{function}({', '.join(shown)})")
    return value


def written(value: Any) -> str:
    if type(value) is list:
        return f"[{', '.join(map(written, value))}]"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def plain(value: Any) -> Any:
    if type(value) in (tuple, list):
        return type(value)(plain(each) for each in value)
    return value.item() if isinstance(value, np.generic) else value


def half(got: Any, index: int, form: str) -> Any:
    """`got[index]` of a reply that must be a tuple of two; `form` says of what."""
    if type(got) is not tuple or len(got) != 2:
        fail(
            f"expected a tuple {form}",
            got=short(got),
            expected=form,
            status=Status.FAILED if type(got) is tuple else Status.TYPE_ERROR,
            hint="Return both numbers: return parameters, flop",
        )
    return got[index]


def expect_figure(got: Any, *, call: str = "", hint: str = "") -> float:
    """`got`, when it is a finite number."""
    if type(got) not in (int, float) or not abs(got) <= sys.float_info.max:
        fail("expected a figure", call=call, got=short(got), expected="a finite float", hint=hint)
    return float(got)


def expect_ends(got: Any) -> tuple[float, float]:
    """`got`, when it is a tuple of two floats."""
    if type(got) is not tuple or len(got) != 2 or any(type(x) is not float for x in got):
        fail("expected a tuple (low, high) of floats", got=short(got), status=Status.TYPE_ERROR)
    return got


def expect_parameters(got: Any, want: tuple[int, int], *, hint: str) -> None:
    expect_equal(half(got, 0, "(parameters, flop)"), want[0], hint=f"Parameters: {hint}")


def expect_flop(got: Any, want: tuple[int, int], *, hint: str) -> None:
    expect_equal(half(got, 1, "(parameters, flop)"), want[1], hint=f"FLOP: {hint}")

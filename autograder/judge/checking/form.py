"""The form of a value: the types, dtypes, shapes and lengths that a check can rely on before it looks at values.

    float                              exactly this type; `object` is any value
    np.dtype(np.float64)               a NumPy array of this dtype, of any shape
    Array(np.float64, 3, None)         ... of shape (3, anything)
    (int, float), [int, int]           a tuple, a list of so many values of these forms
    {int, float}                       exactly one of these types
    ListOf(form), ListOf(form, 4)      a list of values of one form, of any length or of four
    DictOf(form)                       a dict whose values have one form, with any keys

The judge compares a reply with it (`gives=` of `Student`) before the check sees the reply. `expect_form` does so for
a value that lies inside of a reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.core.result import Status
from autograder.judge.checking.failures import fail
from autograder.judge.checking.matching import told, type_name


class Array:
    """The form of a NumPy array with this dtype and shape; None in the shape is any length."""

    def __init__(self, dtype: Any, *shape: int | None) -> None:
        self.dtype, self.shape = np.dtype(dtype), shape


@dataclass(frozen=True)
class ListOf:
    """The form of a list whose values all have one form; `count`: of how many, if that matters."""

    form: Any
    count: int | None = None


@dataclass(frozen=True)
class DictOf:
    """The form of a dict with any keys, whose values all have one form."""

    form: Any


@dataclass(frozen=True)
class Misfit:
    """The first difference between a value and its form. `where`: the indices that lead to it."""

    where: tuple[Any, ...]
    got: str
    expected: str
    status: Status  # type_error for another kind of value, failed for another shape, dtype or length

    @property
    def message(self) -> str:
        place = f"at {list(self.where)}: " if self.where else ""
        return f"{place}expected {self.expected}, got {self.got}"


def expect_form(value: Any, form: Any, *, hint: str = "") -> Any:
    """The value, if it has the form, or if the form is None: then any value has it. Raises CheckFailure."""
    if form is not None and (found := misfit(value, form)):
        where = found.where if found.where and all(type(each) is int for each in found.where) else None
        fail(
            found.message,
            status=found.status,
            hint=hint,
            first_wrong=where,
            got=found.got,
            expected=found.expected,
        )
    return value


def misfit(value: Any, form: Any, where: tuple[Any, ...] = ()) -> Misfit | None:
    """The first difference between `value` and `form`; None if it fits."""
    if isinstance(form, (Array, np.dtype)):
        return array_misfit(value, form, where)
    if isinstance(form, (type, set)):
        kinds = form if isinstance(form, set) else {form}
        return None if form is object or type(value) in kinds else differs(value, form, where)
    if isinstance(form, DictOf):
        if type(value) is not dict:
            return differs(value, form, where)
        return next((found for key in value if (found := misfit(value[key], form.form, (*where, key)))), None)
    if type(value) is not (list if isinstance(form, ListOf) else type(form)):
        return differs(value, form, where)
    wanted = (
        [form.form] * (len(value) if form.count is None else form.count) if isinstance(form, ListOf) else form
    )
    if len(value) != len(wanted):
        return differs(value, form, where, Status.FAILED)
    for index, (each, its) in enumerate(zip(value, wanted, strict=True)):
        if found := misfit(each, its, (*where, index)):
            return found
    return None


def array_misfit(value: Any, form: Array | np.dtype, where: tuple[Any, ...]) -> Misfit | None:
    if type(value) is not np.ndarray:
        return differs(value, form, where)
    shape = form.shape if isinstance(form, Array) else (None,) * value.ndim
    fits = len(shape) == value.ndim and all(w in (None, g) for w, g in zip(shape, value.shape, strict=True))
    dtype = form.dtype if isinstance(form, Array) else form
    return None if fits and value.dtype == dtype else differs(value, form, where, Status.FAILED)


def differs(value: Any, form: Any, where: tuple[Any, ...], status: Status = Status.TYPE_ERROR) -> Misfit:
    return Misfit(where, kind_of(value, root=not where), words(form), status)


def kind_of(value: Any, *, root: bool = True) -> str:
    """The kind of a value for a message: 'a float64 array of shape (3, 5)', 'a list of 3', 'a str', 'None'."""
    if value is None:
        return "None" if not root else told(value)
    if type(value) is np.ndarray:
        return words(Array(value.dtype, *value.shape))
    if type(value) in (list, tuple):
        return f"{article(type(value).__name__)} of {len(value)}"
    return article(type_name(value))


def words(form: Any) -> str:
    """The form in words: 'a float64 array of shape (3, 5)', 'a tuple (int, float)', 'a list of 4 floats'."""
    if isinstance(form, Array):
        sizes = ", ".join("any" if size is None else str(size) for size in form.shape)
        return f"{article(form.dtype.name)} array of shape ({sizes}{',' if len(form.shape) == 1 else ''})"
    if isinstance(form, np.dtype):
        return f"{article(form.name)} array"
    if isinstance(form, ListOf):
        return f"a list{f' of {form.count}' if form.count is not None else ''}, each {words(form.form)}"
    if isinstance(form, DictOf):
        return f"a dict, each value {words(form.form)}"
    if isinstance(form, type):
        return "None" if form is type(None) else "anything" if form is object else article(type_name_of(form))
    if isinstance(form, set):
        return " or ".join(sorted(words(each) for each in form))
    inner = ", ".join(words(each).removeprefix("a ").removeprefix("an ") for each in form)
    return f"a tuple ({inner})" if type(form) is tuple else f"a list [{inner}]"


def type_name_of(kind: type) -> str:
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' and not noun.startswith('uint') else 'a'} {noun}"

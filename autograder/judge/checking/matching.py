"""Turn a value and the expected value into arrays of one shape, or raise CheckFailure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from autograder.core.result import Status
from autograder.judge.checking.describe import short
from autograder.judge.checking.failures import fail

NUMBERS = (int, float, np.float16, np.float32, np.float64)


def type_name(value: Any) -> str:
    """The type as a student knows it: 'numpy.ndarray', 'list'."""
    kind = type(value)
    return kind.__name__ if kind.__module__ in {"builtins", ""} else f"{kind.__module__}.{kind.__name__}"


def told(got: Any, where: tuple[Any, ...] = ()) -> str:
    """The type for a message. None instead of a whole value comes from a function without `return`."""
    return "None: did you forget `return`?" if got is None and not where else type_name(got)


def wrong_type(got: Any, want: str, *, call: str, hint: str) -> NoReturn:
    message = f"expected {want}, got {told(got)}"
    fail(message, call=call, hint=hint, status=Status.TYPE_ERROR, got=short(got), expected=want)


def matching(got: Any, want: Any, *, dtype: Any, call: str, hint: str) -> tuple[np.ndarray, np.ndarray]:
    """`got` and `want` as arrays of one shape and a numeric dtype, or CheckFailure."""
    if type_name(want).startswith("torch."):
        if type_name(got) != "torch.Tensor":
            wrong_type(got, "torch.Tensor", call=call, hint=hint)
        wanted = dtype or want.dtype
        if got.dtype != wanted:
            fail("wrong dtype", call=call, hint=hint, got=str(got.dtype), expected=str(wanted))
        check_shape(tuple(got.shape), tuple(want.shape), call=call, hint=hint)
        return tensor_array(got), tensor_array(want)
    if type(want) is np.ndarray:
        if type(got) is not np.ndarray:
            wrong_type(got, "numpy.ndarray", call=call, hint=hint)
        wanted = np.dtype(dtype) if dtype is not None else want.dtype
        check_shape(got.shape, want.shape, call=call, hint=hint)
        if got.dtype != wanted:
            fail("wrong dtype", call=call, hint=hint, got=str(got.dtype), expected=str(wanted))
        return widened(got), widened(want)
    if type(want) in (list, tuple):
        check_nesting(got, want, (), call=call, hint=hint)
        return numbers(got, want, np.float64, call=call, hint=hint)
    if type(got) not in NUMBERS and not (isinstance(want, complex) and type(got) is complex):
        wrong_type(got, "a number", call=call, hint=hint)
    kind = np.complex128 if isinstance(want, complex) else np.float64
    return numbers(got, want, kind, call=call, hint=hint)


def numbers(got: Any, want: Any, kind: type, *, call: str, hint: str) -> tuple[np.ndarray, np.ndarray]:
    """Python numbers as arrays; an int of a thousand digits fits into no float."""
    try:
        if ragged(want):
            got, want = list(leaves(got)), list(leaves(want))
        return np.array(got, dtype=kind), np.array(want, dtype=kind)
    except OverflowError:
        fail("a number too large for a float", call=call, hint=hint, expected=short(want))


def leaves(value: Any) -> Iterator[Any]:
    """The numbers in nested lists, in order."""
    if type(value) in (list, tuple):
        for each in value:
            yield from leaves(each)
    else:
        yield value


def ragged(value: Any) -> bool:
    """True if rows differ in length, so that no array has their shape."""
    if type(value) not in (list, tuple) or not value:
        return False
    shapes = {len(each) if type(each) in (list, tuple) else None for each in value}
    return len(shapes) > 1 or any(ragged(each) for each in value)


def dtype_name(value: Any) -> str:
    """'float32' of an array or a tensor of that dtype; 'float64' of Python's own numbers."""
    return str(getattr(value, "dtype", "float64")).removeprefix("torch.")


def widened(array: np.ndarray) -> np.ndarray:
    """Integers and booleans as wide signed ones or floats, so that a difference never wraps."""
    if array.dtype.kind in "fc":
        return array.astype(np.result_type(array.dtype, np.float64), copy=False)
    return array.astype(np.float64 if array.dtype.kind == "u" else np.int64, copy=False)


def tensor_array(tensor: Any) -> np.ndarray:
    tensor = tensor.detach().cpu()
    return widened((tensor.double() if tensor.is_floating_point() else tensor).numpy())


def check_shape(got: tuple[int, ...], want: tuple[int, ...], *, call: str, hint: str) -> None:
    if got != want:
        fail("wrong shape", call=call, hint=hint, got=str(list(got)), expected=str(list(want)))


def check_nesting(got: Any, want: Any, where: tuple[int, ...], *, call: str, hint: str) -> None:
    """Check that nested lists of numbers have the same containers and lengths at every level."""
    if type(want) not in (list, tuple):
        if type(got) not in (int, float):
            place = f"at {list(where)}: " if where else ""
            message = f"{place}expected a float, got {type_name(got)}"
            fail(message, call=call, hint=hint, status=Status.TYPE_ERROR, first_wrong=where, got=short(got))
        return
    if type(got) is not type(want):
        place = f" at {list(where)}" if where else ""
        message = f"expected a {type(want).__name__}{place}, got {told(got, where)}"
        fail(
            message, call=call, hint=hint, status=Status.TYPE_ERROR, first_wrong=where or None, got=short(got)
        )
    if len(got) != len(want):
        message = f"wrong length{f' at {list(where)}' if where else ''}"
        fail(message, call=call, hint=hint, got=str(len(got)), expected=str(len(want)))
    for index, (g, w) in enumerate(zip(got, want, strict=True)):
        check_nesting(g, w, (*where, index), call=call, hint=hint)

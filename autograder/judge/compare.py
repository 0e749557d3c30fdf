"""What a check says about a value: expect_close, expect_equal, fail. Each raises a CheckFailure that teaches.

    got = student.call("numba_loops", a, b)
    expect_close(got, a @ b, rtol=1e-5, hint="is every row of a visited?")

`call` may be left out: the plugin fills in the last call of the test.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from autograder.judge.describe import short
from autograder.judge.failures import CheckFailure
from autograder.judge.result import Feedback, Status

# Relative tolerance when a check names none: a few roundings of the type, far from a wrong formula.
RTOL = {"float16": 2e-3, "float32": 1e-5, "float64": 1e-12, "complex64": 1e-5, "complex128": 1e-12}


def fail(
    message: str, *, call: str = "", hint: str = "", status: Status = Status.FAILED, **more: Any
) -> NoReturn:
    """End the test with a message; `more` are other fields of Feedback (got, expected, ...)."""
    raise CheckFailure(Feedback(message=message, call=call, hint=hint, **more), status)


def expect_close(
    got: Any,
    want: Any,
    *,
    call: str = "",
    rtol: float | None = None,
    atol: Any = None,
    dtype: Any = None,
    hint: str = "",
) -> None:
    """Pass when `got` has the type, shape and dtype of `want`, and |got - want| <= atol + rtol * |want| everywhere.

    want: an ndarray, a torch tensor, a number, or lists (of lists) of numbers, from an independent oracle.
    dtype: the dtype that `got` must have when the oracle worked in a wider one (default: that of `want`).
    atol: a number, or an array that broadcasts against `want` (an error bound an element); default 0.
    rtol: default a few roundings of the dtype of `got`, or 0 when `atol` is given.
    NaN equals NaN alone, an infinity equals itself alone. Raises CheckFailure.
    """
    got_array, want_array = matching(got, want, dtype=dtype, call=call, hint=hint)
    if rtol is None:
        narrow = np.dtype(dtype or got_array.dtype).name
        rtol = RTOL.get(narrow, 0.0) if atol is None else 0.0
    with np.errstate(all="ignore"):
        near = np.abs(got_array - want_array) <= (0 if atol is None else atol) + rtol * np.abs(want_array)
        same = (got_array == want_array) | (np.isnan(got_array) & np.isnan(want_array))
        # An infinite bound or value would make anything near.
        right = same | (near & np.isfinite(want_array) & np.isfinite(got_array))
    report(right, got_array, want_array, call=call, hint=hint)


def expect_equal(got: Any, want: Any, *, call: str = "", hint: str = "") -> None:
    """Pass when `got` is `want` exactly: types, structure, shapes, dtypes, values. Raises CheckFailure."""
    difference = first_difference(got, want, ())
    if difference is None:
        return
    where, message, got_text, want_text = difference
    fail(message, call=call, hint=hint, first_wrong=where or None, got=got_text, expected=want_text)


def type_name(value: Any) -> str:
    """The type as a student knows it: 'numpy.ndarray', 'list'."""
    kind = type(value)
    return kind.__name__ if kind.__module__ in {"builtins", ""} else f"{kind.__module__}.{kind.__name__}"


def wrong_type(got: Any, want: str, *, call: str, hint: str) -> NoReturn:
    message = f"expected {want}, got {type_name(got)}"
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
        return np.array(got, dtype=np.float64), np.array(want, dtype=np.float64)
    number = (int, float) + tuple(np.sctypeDict[name] for name in ("float16", "float32", "float64"))
    if type(got) not in number and not (isinstance(want, complex) and type(got) is complex):
        wrong_type(got, "a number", call=call, hint=hint)
    return np.array(got), np.array(want)


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
    """Lists of lists of numbers: the same containers and lengths all the way down."""
    if type(want) not in (list, tuple):
        if type(got) not in (int, float):
            place = f"at {list(where)}: " if where else ""
            message = f"{place}expected a float, got {type_name(got)}"
            fail(message, call=call, hint=hint, status=Status.TYPE_ERROR, first_wrong=where, got=short(got))
        return
    if type(got) is not type(want):
        place = f" at {list(where)}" if where else ""
        message = f"expected a {type(want).__name__}{place}, got {type_name(got)}"
        fail(
            message, call=call, hint=hint, status=Status.TYPE_ERROR, first_wrong=where or None, got=short(got)
        )
    if len(got) != len(want):
        message = f"wrong length{f' at {list(where)}' if where else ''}"
        fail(message, call=call, hint=hint, got=str(len(got)), expected=str(len(want)))
    for index, (g, w) in enumerate(zip(got, want, strict=True)):
        check_nesting(g, w, (*where, index), call=call, hint=hint)


def report(right: np.ndarray, got: np.ndarray, want: np.ndarray, *, call: str, hint: str) -> None:
    """Raise CheckFailure at the first element that is not right."""
    if right.all():
        return
    where = tuple(int(i) for i in np.argwhere(~right)[0])
    count, total = int((~right).sum()), right.size
    place = f"first at {list(where)}, " if where else ""
    fail(
        f"wrong value: {place}{count} of {total} wrong" if total > 1 else "wrong value",
        call=call,
        hint=hint,
        first_wrong=where or None,
        wrong=count,
        total=total,
        got=short(got[where].item()),
        expected=short(want[where].item()),
    )


def first_difference(got: Any, want: Any, where: tuple[Any, ...]) -> tuple[Any, str, str, str] | None:
    """(index, message, got, expected) of the first difference, or None."""
    place = f" at {list(where)}" if where else ""
    if type(got) is not type(want):
        kinds = type_name(got), type_name(want)
        return where, f"wrong type{place}: expected {kinds[1]}, got {kinds[0]}", short(got), short(want)
    if type_name(want) == "torch.Tensor":
        if got.dtype != want.dtype:
            return where, f"wrong dtype{place}", str(got.dtype), str(want.dtype)
        return first_difference(tensor_array(got), tensor_array(want), where)
    if isinstance(want, np.ndarray):
        for name, g, w in (("shape", list(got.shape), list(want.shape)), ("dtype", got.dtype, want.dtype)):
            if g != w:
                return where, f"wrong {name}{place}", str(g), str(w)
        same = got == want
        if want.dtype.kind in "fc":
            same = same | (np.isnan(got) & np.isnan(want))
        if not same.all():
            index = tuple(int(i) for i in np.argwhere(~same)[0])
            message = f"wrong value: first at {[*where, *index]}, {int((~same).sum())} of {same.size} wrong"
            return (*where, *index), message, short(got[index].item()), short(want[index].item())
        return None
    if isinstance(want, dict):
        if set(got) != set(want):
            return where, f"wrong keys{place}", short(sorted(map(str, got))), short(sorted(map(str, want)))
        pairs = [(key, got[key], want[key]) for key in want]
    elif isinstance(want, (list, tuple)):
        if len(got) != len(want):
            return where, f"wrong length{place}", str(len(got)), str(len(want))
        pairs = [(index, g, w) for index, (g, w) in enumerate(zip(got, want, strict=True))]
    else:
        same = got == want or (got != got and want != want)  # NaN is NaN
        return None if same else (where, f"wrong value{place}", short(got), short(want))
    for key, g, w in pairs:
        found = first_difference(g, w, (*where, key))
        if found:
            return found
    return None

"""Compare a student's value with the expected one: expect_close and expect_equal raise a CheckFailure that explains.

    got = student.call("numba_loops", a, b)
    expect_close(got, a @ b, rtol=1e-5, hint="is every row of a visited?")

`call` is optional: the plugin fills in the last call of the test.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judge.checking.describe import numbers, short
from autograder.judge.checking.failures import fail
from autograder.judge.checking.matching import dtype_name, matching, tensor_array, told, type_name

# Relative tolerance when a check names none: a few roundings of the type, far from a wrong formula.
RTOL = {
    "bfloat16": 1e-2,
    "float16": 2e-3,
    "float32": 1e-5,
    "float64": 1e-12,
    "complex64": 1e-5,
    "complex128": 1e-12,
}


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
    """Pass if `got` has the type, shape and dtype of `want`, and every element is near.

    Near is |got - want| <= atol + rtol * |want|.

    want: an ndarray, a torch tensor, a number, or lists (of lists) of numbers, from an independent oracle.
    dtype: the dtype that `got` must have if the oracle used a wider one (default: that of `want`).
    atol: a number, or an array that broadcasts against `want` (an error bound an element); default 0.
    rtol: default a few roundings of the dtype of `got`, or 0 if `atol` is given.
    NaN equals only NaN, and an infinity only itself. Raises CheckFailure.
    """
    got_array, want_array = matching(got, want, dtype=dtype, call=call, hint=hint)
    if rtol is None:
        rtol = RTOL.get(dtype_name(got), 0.0) if atol is None else 0.0
    with np.errstate(all="ignore"):
        near = np.abs(got_array - want_array) <= (0 if atol is None else atol) + rtol * np.abs(want_array)
        same = (got_array == want_array) | (np.isnan(got_array) & np.isnan(want_array))
        # An infinite bound or value would make anything near.
        right = same | (near & np.isfinite(want_array) & np.isfinite(got_array))
    report(right, got_array, want_array, call=call, hint=hint)


def expect_equal(got: Any, want: Any, *, call: str = "", hint: str = "") -> None:
    """Pass if `got` is exactly `want`: types, structure, shapes, dtypes, values. Raises CheckFailure."""
    difference = first_difference(got, want, ())
    if difference is None:
        return
    where, message, got_text, want_text = difference
    fail(message, call=call, hint=hint, first_wrong=where or None, got=got_text, expected=want_text)


def report(right: np.ndarray, got: np.ndarray, want: np.ndarray, *, call: str, hint: str) -> None:
    """Raise CheckFailure for the first wrong element."""
    if right.all():
        return
    where = tuple(int(i) for i in np.argwhere(~right)[0])
    count, total = int((~right).sum()), right.size
    place = f"first at {list(where)}, " if where else ""
    got_text, want_text = numbers(got[where].item(), want[where].item())
    fail(
        f"wrong value: {place}{count} of {total} wrong" if total > 1 else "wrong value",
        call=call,
        hint=hint,
        first_wrong=where or None,
        wrong=count,
        total=total,
        got=got_text,
        expected=want_text,
    )


def first_difference(got: Any, want: Any, where: tuple[Any, ...]) -> tuple[Any, str, str, str] | None:
    """(index, message, got, expected) of the first difference, or None."""
    place = f" at {list(where)}" if where else ""
    if type(got) is not type(want):
        message = f"wrong type{place}: expected {type_name(want)}, got {told(got, where)}"
        return where, message, short(got), short(want)
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
            return (*where, *index), message, *numbers(got[index].item(), want[index].item())
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

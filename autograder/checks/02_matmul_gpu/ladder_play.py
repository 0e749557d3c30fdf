"""Checks of a rung: its product in every order of threads and blocks, and its counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import replays
from oracle import expect_product, matrices
from replays import run, unpack

from autograder.judge.checking import fail, short

HARNESS = "ladder_harness.py"


def check(
    student: Any, function: str, a: np.ndarray, b: np.ndarray, hint: str, played: Any = ("forward",)
) -> None:
    """Pass if the product is right and free of races in every order of threads and blocks."""
    for order in played:
        call = f"{function} on {a.shape} and {b.shape}, threads run {order if type(order) is str else 'shuffled'}"
        expect_product(run(student, function, a, b, order=order), a, b, hint=hint, call=call)


def check_sizes(
    student: Any, rng: Any, function: str, sizes: Any, hint: str, played: Any = ("forward",)
) -> None:
    for m, k, n in sizes:
        check(student, function, *matrices(rng, m, k, n), hint, played)
    m, k, n = sizes[0]
    written = unpack(student, probe(student, "written", function, *matrices(rng, m, k, n), gives=(int, list)))
    if 0 <= written < m * n:
        fail(
            f"the kernel wrote {written} of the {m * n} elements of c",
            got="elements that no thread wrote",
            expected=f"{m * n} elements, all written by threads of the kernel",
            hint="Compute the product in the kernel, and launch it with product(...).",
        )


def check_empty(student: Any, function: str) -> None:
    for m, k, n in ((0, 3, 2), (3, 0, 2), (3, 2, 0)):
        a, b = np.ones((m, k), np.float32), np.ones((k, n), np.float32)
        check(student, function, a, b, "A size may be 0: return zeros, because a sum without terms is 0.")


def check_not_numbers(student: Any, rng: Any, function: str, m: int, k: int, n: int) -> None:
    """NaN and infinity reach only the elements of C that depend on them."""
    a, b = matrices(rng, m, k, n)
    a[m // 2, k - 1], b[0, n - 1] = np.nan, np.inf
    hint = "One NaN in a makes only one row of C NaN: check that each thread reads its own row."
    check(student, function, a, b, hint)


def counts(student: Any, function: str, a: np.ndarray, b: np.ndarray) -> dict[str, Any]:
    """Count the memory accesses of the function, as ladder_harness.py defines them; {} on a GPU.

    Fails on a wrong product first: a kernel that computes nothing reads nothing.
    """
    answer = probe(student, "counted", function, a, b, gives=((object, dict), list))
    value, found = unpack(student, answer)
    hint = "Compute the right product first. This check then counts what the kernel reads for it."
    expect_product(value, a, b, hint=hint, call=f"{function} on {a.shape} and {b.shape}")
    return found


def probe(student: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """Call a function of ladder_harness.py, on the student's side."""
    return replays.probe(student, HARNESS, name, *args, **kwargs)


def at_most(found: dict[str, Any], name: str, most: float, what: str, hint: str, array: str = "") -> None:
    """Pass if this count exists and is not above `most`, or if nothing was counted, on a GPU."""
    compare(found, name, array, lambda got: got <= most, f"at most {most:.6g}", what, hint)


def at_least(found: dict[str, Any], name: str, least: float, what: str, hint: str, array: str = "") -> None:
    compare(found, name, array, lambda got: got >= least, f"at least {least:.6g}", what, hint)


def compare(
    found: dict[str, Any], name: str, array: str, good: Any, bound: str, what: str, hint: str
) -> None:
    if not found:
        return
    got = found.get(name)
    if array:
        got = got.get(array) if isinstance(got, dict) else None
    number = not isinstance(got, bool) and isinstance(got, int | float)
    if not number or not good(got):
        shown = short(got) if number else "none"
        fail(f"{what}: expected {bound}, got {shown}", got=shown, expected=bound, hint=hint)

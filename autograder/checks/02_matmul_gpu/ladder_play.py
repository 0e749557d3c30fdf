"""How a rung of the ladder is checked: its product in every order of threads and blocks, and its counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import replays
from oracle import expect_product, matrices
from replays import run

from autograder.judge.checking import fail

HARNESS = "ladder_harness.py"


def check(
    student: Any, function: str, a: np.ndarray, b: np.ndarray, hint: str, played: Any = ("forward",)
) -> None:
    """The product is right and no thread is in another's way, however the threads and blocks take turns."""
    for order in played:
        call = f"{function} on {a.shape} and {b.shape}, threads played {order if type(order) is str else 'shuffled'}"
        expect_product(run(student, function, a, b, order=order), a, b, hint=hint, call=call)


def check_sizes(
    student: Any, rng: Any, function: str, sizes: Any, hint: str, played: Any = ("forward",)
) -> None:
    for m, k, n in sizes:
        check(student, function, *matrices(rng, m, k, n), hint, played)
    m, k, n = sizes[0]
    written = probe(student, "written", function, *matrices(rng, m, k, n), gives=int)
    if 0 <= written < m * n:
        fail(
            f"the kernel wrote {written} elements of c, and c has {m * n}",
            got="a product that was made in another way",
            expected="threads that write it",
            hint="The product is the kernel's work: launch it through product(...).",
        )


def check_empty(student: Any, function: str) -> None:
    for m, k, n in ((0, 3, 2), (3, 0, 2), (3, 2, 0)):
        a, b = np.ones((m, k), np.float32), np.ones((k, n), np.float32)
        check(student, function, a, b, "A size may be 0; a sum without terms is 0.")


def check_not_numbers(student: Any, rng: Any, function: str, m: int, k: int, n: int) -> None:
    """NaN and infinity reach the elements of C that they belong to, and no other."""
    a, b = matrices(rng, m, k, n)
    a[m // 2, k - 1], b[0, n - 1] = np.nan, np.inf
    hint = "One NaN in a makes one row of C NaN: does some thread read a row that is not its own?"
    check(student, function, a, b, hint)


def counts(student: Any, function: str, a: np.ndarray, b: np.ndarray) -> dict[str, Any]:
    """What the function asks of the memories: ladder_harness.py says what is counted; {} on a GPU."""
    return probe(student, "counted", function, a, b, gives=dict)


def probe(student: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """The value of a function of ladder_harness.py, on the student's side."""
    return replays.probe(student, HARNESS, name, *args, **kwargs)


def at_most(found: dict[str, Any], name: str, most: float, what: str, hint: str, array: str = "") -> None:
    """Pass when this count is there and not above `most`, or when nothing was counted, on a GPU."""
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
        shown = f"{got:.6g}" if number else "none"
        fail(f"{what}: expected {bound}, got {shown}", got=shown, expected=bound, hint=hint)

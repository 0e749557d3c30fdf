"""Run a student's kernel several times, its threads and blocks in another order each time, and look at every result.

A kernel that is right in one order alone has a race: on a GPU nobody chooses the order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograder.judge.checking import Student, fail


def orders(rng: np.random.Generator) -> tuple[Any, ...]:
    """As the grid counts, backward, and shuffled by a fresh seed."""
    return "forward", "backward", int(rng.integers(2**31))


def run(student: Student, function: str, *args: Any, order: Any = "forward", **kwargs: Any) -> Any:
    """The value of the student's function in one order, its faults reported as a failure."""
    return unpack(student, student.probe("replay", function, order, *args, **kwargs))


def probe(student: Student, harness: str, name: str, *args: Any, **kwargs: Any) -> Any:
    """The value of a function of another harness of this folder, run on the student's side; see Student.probe."""
    return student.probe(name, *args, harness=harness, **kwargs)


def play(
    student: Student,
    kernel: str,
    grid: Any,
    block: Any,
    out: np.ndarray,
    *args: Any,
    check: Callable[[Any], None],
    order: Iterable[Any] = ("forward",),
) -> None:
    """Launch the student's kernel(out, *args) in each order onto a fresh copy of `out`, and `check` what it leaves."""
    for each in order:
        check(unpack(student, student.probe("play", kernel, each, grid, block, out.copy(), *args)))


def unpack(student: Student, answer: Any) -> Any:
    """The value of the harness's answer (value, faults); fails with the first race, or read of garbage."""
    if type(answer) is not tuple or len(answer) != 2 or type(answer[1]) is not list:
        student.protocol_error("an answer of the harness without its faults")
    value, told = answer
    if not all(type(each) is str for each in told):
        student.protocol_error("an answer of the harness with unreadable faults")
    if told:
        kind, _, what = told[0].partition(": ")
        fail(
            f"{kind}: {what}" if what else kind,
            got=f"{len(told)} fault{'s' if len(told) > 1 else ''} of this kind" if len(told) > 1 else told[0],
            expected="no two threads at one element without a barrier between, unless all of them read",
            hint="cuda.syncthreads() orders the threads of one block; nothing orders two blocks.",
        )
    return value

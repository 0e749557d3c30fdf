"""Run a student's kernel several times, with its threads and blocks in different orders, and check every result.

A kernel that is right in only one order has a race: on a GPU the order is not guaranteed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograder.judge.checking import Student, expect_form, fail

RACE = "a barrier between two accesses of an element by different threads, if one of them writes"
EXPECTED = {
    "uninitialized": "a write of each shared element before it is read",
    "changed": "inputs with the same elements as before the call",
}


def remedy(fault: str) -> str:
    """Return the hint for a fault that the simulators report."""
    if fault.startswith("changed"):
        return "An input is only read: write to the result, or to a variable or a shared array of your own."
    lines = re.findall(r"\(line (\d+)\)", fault)
    if len(lines) == 2 and lines[0] == lines[1] and "blocks run" not in fault:
        return (
            f"Several threads change one element in line {lines[0]}: let each thread write elements of its own, or "
            "use cuda.atomic."
        )
    if "next turn of the loop" in fault:
        return "Add cuda.syncthreads() at the end of the loop's body: no thread may start the next turn too early."
    if "blocks run in any order" in fault or "programs" in fault:
        return "Let each block or program write elements of its own, or use atomic operations."
    if fault.startswith("uninitialized"):
        return "Write every element of the shared array that you read, also where a thread has no element: write 0."
    return "Add cuda.syncthreads() between the two lines; every thread of the block must reach it."


def orders(rng: np.random.Generator) -> tuple[Any, ...]:
    """Return the orders: forward, backward, and shuffled with a fresh seed."""
    return "forward", "backward", int(rng.integers(2**31))


def run(
    student: Student, function: str, *args: Any, order: Any = "forward", gives: Any = None, **kwargs: Any
) -> Any:
    """Return the value of the student's function in one order; fail on its first fault.

    gives: the form of the value that the check relies on, as `Student.call` has it.
    """
    return expect_form(unpack(student, student.probe("replay", function, order, *args, **kwargs)), gives)


def probe(student: Student, harness: str, name: str, *args: Any, **kwargs: Any) -> Any:
    """Call a function of another harness of this folder, on the student's side; see Student.probe."""
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
    """Launch the student's kernel(out, *args) in each order on a fresh copy of `out`, and `check` the result."""
    for each in order:
        check(unpack(student, student.probe("play", kernel, each, grid, block, out.copy(), *args)))


def unpack(student: Student, answer: Any) -> Any:
    """Return the value of the harness's answer (value, faults); fail on its first fault."""
    if type(answer) is not tuple or len(answer) != 2 or type(answer[1]) is not list:
        student.protocol_error("an answer of the harness without its faults")
    value, told = answer
    fail_on(student, told)
    return value


def fail_on(student: Student, told: list[Any]) -> None:
    """Fail on the first race, read of an unwritten element, or changed input."""
    if not all(type(each) is str for each in told):
        student.protocol_error("an answer of the harness with unreadable faults")
    if told:
        many = f"{len(told)} faults, of which this is the first" if len(told) > 1 else "1 fault"
        fail(told[0], got=many, expected=EXPECTED.get(told[0].partition(":")[0], RACE), hint=remedy(told[0]))

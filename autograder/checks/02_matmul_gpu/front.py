"""Ask the compilers' own front ends about the student's kernels: simulators run what no GPU's compiler takes."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from autograder.judge.checking import Student, fail

FRONTS = {
    "cuda": ("numba-cuda", "its type inference and its translation to LLVM"),
    "triton": ("Triton", "its translation to Triton IR"),
}
ANSWER = (bool, str, str, int)  # looked, complaint, file, line
LONGEST = 400  # characters of a complaint
SIZE = "a number or a constant of the file. No GPU compiles a.shape[0] or THREADS + 2 there"
HINTS = {
    r"shared\.array|local\.array": f"Give the array a size that the compiler knows: {SIZE}.",
    r"\btry\b|exception": "A kernel handles no exceptions: test the index with `if` before you read or write.",
    r"\blist\(|NRT required": (
        "A kernel has no Python lists: use variables, or cuda.local.array with a constant size."
    ),
    r"class 'str'|unicode|JoinedStr": "A kernel has no texts: remove the f-string or str(...).",
    r"DictType|\bset\(": "A kernel has no dictionaries and no sets: use arrays.",
    r"Untyped global name": "Call only functions under @cuda.jit(device=True), and use only constants of the file.",
}
OTHERWISE = {
    "cuda": "Use what numba-cuda compiles: numbers, arrays, tuples, if, for, while, and the functions of cuda.",
    "triton": "Use what Triton compiles: tl functions, numbers, tuples, if, for, while, and tl.constexpr values.",
}


def look_at_launch(student: Student, kernel: str, grid: Any, block: Any, *args: Any) -> None:
    """Fail if numba-cuda refuses the student's kernel for these arguments."""
    judge(student, "cuda", student.probe("look_at_launch", kernel, grid, block, *args, gives=ANSWER))


def look(student: Student, language: str, *calls: tuple[Any, ...]) -> None:
    """Fail if the front end refuses a kernel of the calls: (function, *args), and a dict of named arguments or none."""
    asked = []
    for name, *args in calls:
        named_too = args.pop() if args and type(args[-1]) is dict else {}
        asked.append([name, args, named_too])
    judge(student, language, student.probe("look", language, asked, gives=ANSWER))


def judge(student: Student, language: str, answer: tuple[Any, ...]) -> None:
    """Fail with the complaint of the front end, and note in the result which one looked."""
    looked, said, file, line = answer
    name, how = FRONTS[language]
    if looked:
        student.remark(f"{named(name)} looked at each kernel, without a GPU: {how}.")
    if not said:
        return
    said = said[:LONGEST]
    place = f" (line {line} of {file[:100]})" if file and line else ""
    hint = next((text for pattern, text in HINTS.items() if re.search(pattern, said)), OTHERWISE[language])
    fail(
        f"{name} does not compile this kernel for a GPU{place}",
        got=said,
        expected=f"code that {name} compiles; the simulator runs more than that",
        hint=hint,
    )


def named(name: str) -> str:
    """Return the front end with its version."""
    try:
        return f"{name} {version(name.lower())}"
    except PackageNotFoundError:
        return name

"""The judge's own values for the Triton tasks, in float64, and the error that a correct answer may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import replays
import torch
from replays import orders, run, unpack

from autograder.judge.checking import Student, expect_close, gamma, roundoff

HARNESS = "tensors_harness.py"


def probe(student: Student, name: str, *args: Any, **kwargs: Any) -> Any:
    """Call a function of the harness for tensors, on the student's side."""
    return replays.probe(student, HARNESS, name, *args, **kwargs)


def replay(
    student: Student,
    rng: np.random.Generator,
    function: str,
    *args: Any,
    check: Callable[[Any], None],
    **kwargs: Any,
) -> None:
    """`check` the value of the student's function with programs in every order."""
    for order in orders(rng):
        check(run(student, function, *args, order=order, **kwargs))


def replay_views(
    student: Student,
    rng: np.random.Generator,
    function: str,
    kinds: tuple[str, ...],
    *args: Any,
    check: Callable[[Any], None],
    **kwargs: Any,
) -> None:
    """As `replay`, on views of `args`: "plain", "transposed" or "stepped", as tensors_harness.py makes them."""
    for order in orders(rng):
        check(unpack(student, probe(student, "views", function, order, list(kinds), *args, **kwargs)))


def reals(rng: np.random.Generator, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def whole(rng: np.random.Generator, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return small integers: every product and every sum is exact, also in TF32 and in any order."""
    return torch.from_numpy(rng.integers(-4, 5, shape).astype(np.float64)).to(dtype)


def expect_tensor(got: Any, want: torch.Tensor, dtype: torch.dtype, *, hint: str, atol: Any = 0.0) -> None:
    """Pass if `got` is the float64 `want`, within one rounding to `dtype` plus `atol`."""
    got = got.cpu() if isinstance(got, torch.Tensor) else got
    bound = 1.01 * roundoff(dtype) * want.abs() + torch.as_tensor(atol, dtype=torch.float64)
    # Below the normal numbers there are fewer digits, and a GPU may take float32 numbers there for 0.
    smallest = torch.finfo(torch.float32 if dtype == torch.bfloat16 else dtype).smallest_normal
    bound = (bound + smallest * (1 if dtype != torch.float16 else 2 * roundoff(dtype))).nan_to_num(0.0)
    expect_close(got, want, atol=np.broadcast_to(bound.numpy(), want.shape), dtype=dtype, hint=hint)


def expect_product(got: Any, a: torch.Tensor, b: torch.Tensor, *, hint: str) -> None:
    """Pass if `got` is a @ b, added in float32 in any order, and rounded once to the operands' dtype."""
    x, y = a.double(), b.double()
    # Tensor cores truncate the bits below those of the largest addend, where a CPU rounds: twice the bound.
    of_sums = 2 * gamma(a.shape[1] + 2, torch.float32) * (x.abs() @ y.abs())
    expect_tensor(got, x @ y, a.dtype, atol=of_sums, hint=hint)


def tiles_in_order(height: int, width: int, group: int) -> np.ndarray:
    """Return (row, column) of each tile, sorted by its group of `group` rows, then by its column, then by its row."""
    rows, columns = np.indices((height, width), np.int32).reshape(2, -1)
    return np.stack([rows, columns], 1)[np.lexsort((rows, columns, rows // group))]

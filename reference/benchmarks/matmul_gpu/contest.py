"""Measure on a GPU: functions that do the same work, checked once, then timed interleaved.

`figures` runs a contest with any clock: with CUDA events on a GPU, with a list of times in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from reference.benchmarks.report import Figure
from reference.shared import gpu
from reference.shared.timing.gpu_stopwatch import Clock, time_in_rotation

Call = Callable[[], Any]
SCALES = {"GB/s": 1e9, "TFLOP/s": 1e12}
# The largest relative error (Frobenius norm) of a product of random matrices: its type rounds operands and result
# once, and float32 sums of 8192 products drift by some 1e-6.
DIGITS = {"float32": 1e-5, "tf32": 2e-3, "float16": 2e-3, "bfloat16": 1e-2}


@dataclass
class Contest:
    """Functions that do the same work. The first one is the library's; the others are compared with it."""

    name: str
    calls: dict[str, Call]
    expected: Call  # the result in float64, or that of a part of it
    work: float  # FLOP or bytes of one call
    unit: str = "TFLOP/s"
    most_error: float = DIGITS["float32"]
    loose: Mapping[str, float] = field(default_factory=dict)  # name -> another largest error
    part: Callable[[Any], Any] = lambda result: result  # of a result, what `expected` is compared with
    ratios: Mapping[str, float] = field(default_factory=dict)  # name -> target: least ratio to the library
    limits: Mapping[str, tuple[float, str]] = field(
        default_factory=dict
    )  # name -> (a measured limit, its name)
    shares: Mapping[str, float] = field(default_factory=dict)  # name -> target: least share of that limit


def figures(
    contest: Contest, clock: Clock, say: Callable[[str], None], *, budget: float = 1.0
) -> Iterator[Figure]:
    """Yield errors of all functions, then their rates, the ratios to the first, and the shares of the limits.

    A function that cannot run here (too little memory, say, or no tensor cores for bfloat16) is left out, and
    `say` reports it. No other figure replaces one that was not measured.
    """
    wanted, able = contest.expected(), {}
    library = next(iter(contest.calls))
    for name, call in contest.calls.items():
        try:
            error = relative_error(contest.part(call()), wanted)
        except Exception as problem:  # whatever a compiler, a driver or a library raises
            say(f"{contest.name}: left out {name}: {first_line(problem)}")
            continue
        able[name] = call
        most = contest.loose.get(name, contest.most_error)
        yield Figure(f"{contest.name}/error/{name}", error, "relative", "lower", most)
    del wanted
    if not able:
        return
    timings, scale = time_in_rotation(able, clock, budget=budget), SCALES[contest.unit]
    for name, timing in timings.items():
        yield Figure(f"{contest.name}/rate/{name}", timing.rate(contest.work) / scale, contest.unit)
    for name, timing in timings.items():
        if name != library and library in timings:
            ratio = timings[library].seconds / timing.seconds
            yield Figure(
                f"{contest.name}/ratio/{name}", ratio, f"of {library}", target=contest.ratios.get(name)
            )
    for name, (limit, what) in contest.limits.items():
        if name in timings:
            share = timings[name].rate(contest.work) / limit
            yield Figure(f"{contest.name}/share/{name}", share, f"of {what}", target=contest.shares.get(name))


def relative_error(got: Any, wanted: Any) -> float:
    """Return the largest over the tensors of ||got - wanted|| / ||wanted||.

    Raises ValueError for NaN, or another shape.
    """
    found = []
    for each, want in zip(_several(got), _several(wanted), strict=True):
        if each.shape != want.shape:
            raise ValueError(f"expected shape {tuple(want.shape)}, got {tuple(each.shape)}")
        found.append(float((each.detach().double() - want).norm() / want.norm()))
    if not all(map(math.isfinite, found)):
        raise ValueError("the result has NaN or infinite elements")
    return max(found)


def random(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return standard normal numbers on the kernels' device, drawn in float32 and rounded."""
    return torch.randn(*shape, device=gpu.select().device).to(dtype)


def short(dtype: torch.dtype) -> str:
    """Return the short name of a dtype: "bfloat16" for torch.bfloat16."""
    return str(dtype).removeprefix("torch.")


def first_line(problem: Exception) -> str:
    lines = str(problem).strip().splitlines() or [""]
    return f"{type(problem).__name__}: {lines[0][:200]}"


def _several(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple | list) else (result,)

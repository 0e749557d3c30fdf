"""Measurements of unit 02 without a GPU: counts, errors, and the simulators' own speed.

A count of the simulator holds for a GPU: the number of accesses does not depend on the machine. The seconds
of the simulator are those of Python, and say nothing about a GPU.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from reference.benchmarks.report import Figure
from reference.matmul_gpu import registers, tiled, wide
from reference.matmul_gpu.direct import coalesced, naive
from reference.matmul_gpu.flash_tiles import flash_tiles
from reference.shared import gpu
from reference.shared.simulators.scheduler import watch
from reference.shared.simulators.trace import READ
from reference.shared.timing.statistics import ratio_of
from reference.shared.timing.stopwatch import compare

RUNGS: dict[str, Callable[[Any, Any], Any]] = {
    "naive": naive,
    "coalesced": coalesced,
    "shared_tiled": tiled.shared_tiled,
    "register_tiled": registers.register_tiled,
    "vectorized": wide.vectorized,
}
SIDES, QUICK_SIDES = (64, 32, 32), (32, 16, 32)  # m, k, n of the counted product: multiples of every tile
STOCK, QUICK_STOCK = 24, 16  # the sides of the product that both simulators multiply
LEAST_SCHEDULER = 5.0  # times as fast as numba-cuda's own simulator, on a kernel with barriers


def formulas(m: int, k: int, n: int) -> dict[str, dict[str, float]]:
    """Return the accesses of each rung by the formulas of its docstring, in elements and bytes.

    They hold if the tiles divide the sides.
    """
    terms = m * k * n
    no_tiles: dict[str, float] = {"reads": 2 * terms, "writes": m * n, "shared_reads": 0, "shared_bytes": 0}
    return {
        "naive": no_tiles,
        "coalesced": no_tiles,
        "shared_tiled": {
            "reads": 2 * terms / tiled.TILE,
            "writes": m * n,
            "shared_reads": 2 * terms,
            "shared_bytes": 8 * tiled.TILE**2,
        },
        "register_tiled": {
            "reads": terms / registers.COLUMNS + terms / registers.ROWS,
            "writes": m * n,
            "shared_reads": terms / registers.COLUMNS_EACH + terms / registers.ROWS_EACH,
            "shared_bytes": 4 * registers.DEPTH * (registers.ROWS + registers.COLUMNS),
        },
        "vectorized": {
            "reads": terms / wide.COLUMNS + terms / wide.ROWS,
            "writes": m * n,
            "shared_reads": 2 * terms / wide.EACH,
            "shared_bytes": 8 * wide.DEPTH * (wide.PITCH + wide.COLUMNS),
        },
    }


def counts(sides: tuple[int, int, int] = SIDES) -> Iterator[Figure]:
    """Yield counts of a trace beside the formula, FLOP per byte, and the share of the bytes that was used."""
    m, k, n = sides
    rng = np.random.default_rng(0)
    a, b = rng.random((m, k), np.float32), rng.random((k, n), np.float32)
    for rung, wanted in formulas(m, k, n).items():
        with watch() as trace:
            RUNGS[rung](a, b)
        reads, writes = trace.counts()
        shared = sum(each.kind == READ for space in trace.shared_spaces() for each in space.accesses)
        held = max(launch.shared_bytes for launch in trace.launches)
        found = {"reads": reads, "writes": writes, "shared_reads": shared, "shared_bytes": held}
        for what, formula in wanted.items():
            off = abs(found[what] - formula) / max(formula, 1)
            yield Figure(
                f"counts/{rung}/{what}", found[what], "bytes" if "bytes" in what else "elements", "lower"
            )
            yield Figure(f"counts/{rung}/{what}/off_formula", off, "relative", "lower", 0.0)
        yield Figure(f"counts/{rung}/flop_per_byte", 2 * m * k * n / (4 * reads), "FLOP/byte")
        if shared:
            yield Figure(f"counts/{rung}/flop_per_shared_byte", 2 * m * k * n / (4 * shared), "FLOP/byte")
        yield Figure(f"counts/{rung}/efficiency", trace.efficiency(), "of bytes moved")


def errors() -> Iterator[Figure]:
    """Yield the relative error (Frobenius norm) of every function, on sides that no tile divides."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((37, 29), np.float32), rng.standard_normal((29, 43), np.float32)
    exact = a.astype(np.float64) @ b
    for rung, function in RUNGS.items():
        error = float(np.linalg.norm(function(a, b) - exact) / np.linalg.norm(exact))
        yield Figure(f"error/{rung}/float32", error, "relative", "lower", 1e-6)
    q, k, v = (torch.randn(2, 150, 40) for _ in range(3))
    for causal in (False, True):
        wide_q, wide_k, wide_v = (each.double() for each in (q, k, v))
        want = unfused(wide_q, wide_k, wide_v, causal)
        error = float((flash_tiles(q, k, v, causal) - want).norm() / want.norm())
        yield Figure(
            f"error/flash_tiles/{'causal' if causal else 'full'}/float32", error, "relative", "lower", 1e-6
        )
    if gpu.select().has_triton:
        yield from triton_errors()


def triton_errors() -> Iterator[Figure]:
    """Run the contests of the GPU, small, and yield their errors."""
    from reference.benchmarks.matmul_gpu.contest import relative_error
    from reference.benchmarks.matmul_gpu.fused import (
        attention,
        attention_backward,
        normalised,
        normalised_backward,
        softmax,
    )
    from reference.benchmarks.matmul_gpu.products import halves, thin

    small = {"tokens": 70, "width": 24}
    contests = [halves(37, torch.float16, 1.0), halves(37, torch.bfloat16, 1.0)]
    contests += [
        thin(torch.bfloat16, m=5, k=300, n=7, parts=3),
        thin(torch.float32, m=5, k=300, n=7, parts=3),
    ]
    contests += [
        softmax(9, 100, 1.0),
        softmax(3, 300, 1.0),
        normalised(9, 100, 1.0),
        normalised_backward(9, 100, 1.0),
    ]
    for causal in (False, True):
        contests += [attention(70, 24, causal, torch.float32, **small)]
        contests += [attention_backward(70, 24, causal, torch.bfloat16, **small)]
    for contest in contests:
        wanted = contest.expected()
        for name, call in list(contest.calls.items())[1:]:  # the first is the library
            error = relative_error(contest.part(call()), wanted)
            yield Figure(f"error/{contest.name}/{name}", error, "relative", "lower", contest.most_error)


def scheduler(rounds: int, side: int = STOCK) -> Iterator[Figure]:
    """Yield the speed of our scheduler relative to numba-cuda's own simulator, on side x side matrices."""
    for rung, target in (("shared_tiled", LEAST_SCHEDULER), ("naive", None)):
        command = [
            sys.executable,
            "-m",
            "reference.benchmarks.matmul_gpu.stock",
            rung,
            str(side),
            str(rounds),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds = json.loads(done.stdout.splitlines()[-1])
        found = ratio_of(seconds["stock"], seconds["ours"])
        yield Figure(f"simulator/ratio_stock/{rung}/n={side}", found.value, "of CPU seconds", target=target)
        yield Figure(f"simulator/ratio_stock/{rung}/n={side}/low", found.low, "of CPU seconds")


def watching(rounds: int) -> Iterator[Figure]:
    """Yield the cost of recording every access: seconds watched over seconds unwatched."""
    rng = np.random.default_rng(0)
    a, b = (rng.random((24, 24), np.float32) for _ in range(2))

    def watched() -> None:
        with watch() as trace:
            tiled.shared_tiled(a, b)
        trace.faults()

    found = compare({"watched": watched, "plain": lambda: tiled.shared_tiled(a, b)}, rounds)
    yield Figure("simulator/watching", found.ratios["plain"].value, "times the seconds", "lower")


def attention_on_cpu(rounds: int, length: int) -> Iterator[Figure]:
    """Compare `flash_tiles` with attention that makes all scores at once, with torch on one CPU core."""
    q, k, v = (torch.randn(8, length, 64) for _ in range(3))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for causal in (False, True):
            calls = {
                "unfused": lambda causal=causal: unfused(q, k, v, causal),
                "flash_tiles": lambda causal=causal: flash_tiles(q, k, v, causal),
            }
            found = compare(calls, rounds)
            name = f"cpu_attention/{'causal' if causal else 'full'}/length={length}/threads=1"
            yield Figure(f"{name}/seconds", found.timings["flash_tiles"].seconds, "s", "lower")
            yield Figure(f"{name}/ratio_unfused", found.ratios["flash_tiles"].value, "ratio")
    finally:
        torch.set_num_threads(threads)


def unfused(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool) -> torch.Tensor:
    """Compute softmax(q k^T / sqrt(d)) v, with all scores in memory at once."""
    scores = q @ k.mT * q.shape[-1] ** -0.5
    if causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -torch.inf)
    return torch.softmax(scores, -1) @ v

"""The ladder that a student climbs in lab 01: times each rung, and draws all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from reference.lab.matmul_cpu.limits import MachineLimits
from reference.shared.plots.charts import ladder, roofline
from reference.shared.plots.style import Picture
from reference.shared.plots.tables import Table, ladder_table
from reference.shared.timing.stopwatch import human_seconds, interleaved, matmul_flop, time_calls

RUNGS = (
    "python_loops",
    "python_reordered",
    "numba_loops",
    "numba_parallel",
    "divide_and_conquer",
    "register_blocked",
    "microkernel",
)
LONGEST_SECONDS = 2  # of one call: a size that would take longer is not tried
Multiply = Callable[[Any, Any], Any]


def product(fn: Multiply, n: int, *, lists: bool = False) -> Callable[[], Any]:
    """A call of `fn` with two random n x n matrices (float64 arrays, or lists of rows), ready to be timed."""
    rng = np.random.default_rng(n)
    a, b = rng.random((n, n)), rng.random((n, n))
    if lists:
        a, b = a.tolist(), b.tolist()
    return lambda: fn(a, b)


@dataclass
class Ladder:
    """The rungs that were measured so far; a rung that is measured again replaces its rate."""

    limits: MachineLimits
    rungs: dict[str, Multiply] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)  # FLOP/s
    sizes: dict[str, int] = field(default_factory=dict)  # the n of each rate

    def measure(self, fn: Multiply, sizes: Sequence[int] = (256, 1024), *, lists: bool = False) -> None:
        """Time `fn` on n x n matrices and print its rate, its share of the peak, and the gain over the rung below.

        sizes: each n in turn, as long as the next one will not take too long; the last one counts. lists: pass lists
        of rows, as rungs 1 and 2 take them.
        """
        name, n = fn.__name__, sizes[0]
        timing = time_calls(product(fn, n, lists=lists), repeats=5)
        for larger in sizes[1:]:
            if timing.seconds * (larger / n) ** 3 > LONGEST_SECONDS:
                break
            n = larger
            timing = time_calls(product(fn, n, lists=lists), repeats=5)
        rate = timing.rate(matmul_flop(n, n, n))
        self.rungs[name], self.rates[name], self.sizes[name] = fn, rate, n
        print(f"{name}: n = {n}, {timing}")
        print(f"{rate / 1e9:.3g} GFLOPS, {rate / self.limits.peak:.2%} of the peak")
        below = RUNGS[RUNGS.index(name) - 1] if name in RUNGS[1:] else None
        if below in self.rates:
            print(f"{rate / self.rates[below]:.3g} times {below}")

    def climbed(self) -> dict[str, float]:
        """Rung -> FLOP/s of those that were measured, from the bottom to the top."""
        return {name: self.rates[name] for name in RUNGS if name in self.rates}

    def gains(self) -> dict[str, float]:
        """Rung -> how many times as fast it is as the rung below it, where both were measured."""
        rates = self.climbed()
        return {
            name: rates[name] / rates[below]
            for below, name in pairwise(RUNGS)
            if below in rates and name in rates
        }

    def beside_libraries(self, n: int = 1024) -> dict[str, float]:
        """FLOP/s of NumPy and PyTorch on n x n matrices; prints them beside the highest rung, timed in turns.

        Before each turn it waits until no thread works: those of a library keep spinning for a while after a call.
        """
        import torch

        rng = np.random.default_rng(n)
        a, b = rng.random((n, n)), rng.random((n, n))
        a_torch, b_torch = torch.from_numpy(a), torch.from_numpy(b)
        top = [name for name in self.climbed() if name in RUNGS[2:]][-1]
        calls = {
            top: lambda: self.rungs[top](a, b),
            "NumPy": lambda: a @ b,
            "PyTorch": lambda: a_torch @ b_torch,
        }
        rates = {}
        for name, timing in interleaved(calls, 9, settled=True).items():
            rates[name] = timing.rate(matmul_flop(n, n, n))
            print(f"{name:<12} {rates[name] / 1e9:6.1f} GFLOPS, {human_seconds(timing.seconds)}")
        return {name: rates[name] for name in ("NumPy", "PyTorch")}

    def chart(self, others: Mapping[str, float]) -> Picture:
        """The ladder up to the measured peak; rungs that were timed at a smaller n get a star."""
        return ladder(self.climbed(), peak=self.limits.peak, others=others, marked=self._smaller())

    def table(self, n: int = 4096) -> Table:
        """The columns of Leiserson's table, for an n x n product: seconds follow from the rates."""
        marked = [name for name, size in self.sizes.items() if size < n]
        return ladder_table(self.climbed(), peak=self.limits.peak, n=n, marked=marked)

    def roofline(self, bytes_per_fma: Mapping[str, float]) -> Picture:
        """Each rung at its FLOP per byte. bytes_per_fma: what its innermost loop asks for, for a multiply-add."""
        points = {name: (2 / bytes_per_fma[name], rate) for name, rate in self.climbed().items()}
        title = "Which line has each rung reached?"
        return roofline(points, self.limits.peaks, self.limits.bandwidths, title=title)

    def _smaller(self) -> list[str]:
        return [name for name, n in self.sizes.items() if n < max(self.sizes.values())]

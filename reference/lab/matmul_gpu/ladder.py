"""The counts of your products in lab 02: bytes moved and reads of shared memory, and the bounds that follow."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from reference.lab.matmul_gpu.charts import Rung, gpu_roofline
from reference.lab.matmul_gpu.memory_drawings import coalescing, request_of
from reference.shared.gpu.datasheets import Gpu
from reference.shared.plots.charts import prediction_vs_measured
from reference.shared.plots.style import Picture
from reference.shared.plots.tables import Table
from reference.shared.predictions import Prediction
from reference.shared.simulators.scheduler import watch
from reference.shared.simulators.trace import READ, Trace

HEADER = (
    "kernel",
    "bytes moved per multiply-add",
    "bytes used",
    "shared reads per multiply-add",
    "largest error",
)


class Ladder:
    """Counts of your products on n x n float32 matrices; the simulators take seconds for n = 64."""

    def __init__(self, n: int = 64) -> None:
        self.n = n
        self.bytes_moved: dict[str, int] = {}
        self.shared_reads: dict[str, float] = {}  # per multiply-add
        self.traces: dict[str, Trace] = {}
        self.rows: dict[str, tuple[str, ...]] = {}
        self._rng = np.random.default_rng(2)

    def count(self, function: Callable[[Any, Any], Any]) -> Table:
        """Run function(a, b) on the simulator, count its accesses, and return the table of all counts so far."""
        a, b = self._rng.random((2, self.n, self.n), dtype=np.float32)
        with watch() as trace:
            c = function(a, b)
        name = function.__name__
        shared = sum(len(r.places) for r in trace.requests(*trace.shared_spaces()) if r.kind == READ)
        self.shared_reads[name], self.traces[name] = shared / self.n**3, trace
        error = np.abs(c - a.astype(np.float64) @ b).max()
        return self._add(
            name, trace.global_bytes(), f"{100 * trace.efficiency():.0f}\u00a0%", float(error), trace.faults()
        )

    def count_triton(self, function: Callable[[Any, Any], Any]) -> Table:
        """Run function(a, b) in Triton's interpreter; the compiler decides on shared memory, so nobody counts that."""
        import torch

        from reference.shared.simulators.triton_watch import watch_triton

        a, b = torch.from_numpy(self._rng.random((2, self.n, self.n), dtype=np.float32))
        with watch_triton() as log:
            c = function(a, b)
        error = float((c - a.double() @ b.double()).abs().max())
        return self._add(function.__name__, log.read_bytes + log.written_bytes, "–", error, log.faults())

    def _add(self, name: str, moved: int, used: str, error: float, faults: list[str]) -> Table:
        self.bytes_moved[name] = moved
        shared = f"{self.shared_reads[name]:.2f}" if name in self.shared_reads else "–"
        self.rows[name] = (name, f"{moved / self.n**3:.2f}", used, shared, f"{error:.1e}")
        return Table(HEADER, tuple(self.rows.values()), f"{name}: {faults[0] if faults else 'no faults.'}")

    def coalescing(self) -> Picture:
        """Draw one read of a warp from each operand, in rungs 1 and 2."""
        reads = {
            f"{name} reads {array}": request_of(self.traces[name], array)
            for name in ("naive", "coalesced")
            for array in "ab"
        }
        return coalescing(reads, title="One read of a warp: bytes moved (light) and used (dark)")

    def rungs(self) -> dict[str, Rung]:
        """Return FLOP per byte of memory, and of shared memory, for each counted product."""
        found = {}
        for name, moved in self.bytes_moved.items():
            reads = self.shared_reads.get(name)  # of 4 bytes, for 2 FLOP
            found[name] = Rung(2 * self.n**3 / moved, 2 / (4 * reads) if reads else None)
        return found

    def roofline(self, gpu: Gpu) -> Picture:
        """Plot the bound of each product on `gpu`, by its datasheet."""
        return gpu_roofline(gpu, self.rungs())

    def bounds(self, gpu: Gpu) -> Table:
        """Return the bound of each product on `gpu`, and the limit that sets it."""
        rows = []
        for name, rung in self.rungs().items():
            bound, limit = rung.bound(gpu)
            share = f"{100 * bound / gpu.peak('fp32'):.1f}\u00a0%"
            rows.append((name, f"{rung.intensity:.2f}", f"{bound / 1e12:.2f}", share, limit))
        header = ("kernel", "FLOP per byte", f"at most, TFLOP/s on {gpu.name}", "of the peak", "limited by")
        return Table(header, tuple(rows))

    def compare(self, prediction: Prediction) -> Picture:
        """Plot your guesses beside the counts: how many times fewer bytes each product moves than the one before."""
        measured = {
            name: self.bytes_moved[before] / self.bytes_moved[name]
            for before, name in pairwise(self.bytes_moved)
            if name in prediction.values
        }
        guessed = {name: prediction.values[name] for name in measured}
        return prediction_vs_measured(guessed, measured, whose=prediction.whose)

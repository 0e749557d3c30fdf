"""Measure the limits of this machine: its peak, and the bandwidth of each level of its memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.shared.machine import machine
from reference.shared.timing.stopwatch import measure_bandwidth, measure_peak

WORD = 8  # bytes of a float64
LEAST_GAIN = 1.3  # of all cores over one, on a quiet machine with two or more


@dataclass(frozen=True)
class MachineLimits:
    """Peaks in FLOP/s in float64 and bandwidths in bytes/s, by name."""

    cores: int
    peaks: dict[str, float]  # "1 core", and all cores
    bandwidths: dict[str, float]  # "L1", "L2", "L3", "memory", of all cores together

    @property
    def peak(self) -> float:
        """FLOP/s of all cores."""
        return max(self.peaks.values())

    @property
    def balance(self) -> float:
        """FLOP that all cores can do while one number of 8 bytes arrives from memory."""
        return WORD * self.peak / self.bandwidths["memory"]

    @property
    def warning(self) -> str:
        """A sentence if all cores together did not beat one by far: another program kept some of them busy. Else ""."""
        one, most = self.peaks["1 core"], list(self.peaks.values())[-1]
        if self.cores == 1 or most >= LEAST_GAIN * one:
            return ""
        return (
            f"{self.cores} cores reached only {most / one:.2f} times the peak of one: the machine is busy. "
            "Close other programs, and run this cell again."
        )

    def __str__(self) -> str:
        lines = [f"peak, {name:<9} {rate / 1e9:8.1f} GFLOPS in float64" for name, rate in self.peaks.items()]
        lines += [f"{name:<15} {rate / 1e9:8.1f} GB/s" for name, rate in self.bandwidths.items()]
        lines += ["", "While one number of 8 bytes arrives from memory,"]
        return "\n".join(
            [
                *lines,
                f"{self.cores} core(s) could do {self.balance:.0f} FLOP.",
                *([self.warning] if self.warning else []),
            ]
        )


def measure_limits() -> MachineLimits:
    """Measure them; takes some seconds. For each level the arrays of the triad fill half of the cache."""
    here = machine()
    peaks = {"1 core": measure_peak(np.float64, 1)}
    if here.cores > 1:
        peaks[f"{here.cores} cores"] = measure_peak(np.float64, here.cores)
    bandwidths = {}
    for level, size in here.caches.items():
        caches = 1 if level == "L3" else here.cores  # each core has an L1 and an L2 of its own
        bandwidths[level] = measure_bandwidth(here.cores, working_set=size // 2 * caches)
    return MachineLimits(here.cores, peaks, bandwidths | {"memory": measure_bandwidth(here.cores)})

"""Compare the all-reduces of unit 03 with MPI_Allreduce of the same MPICH and with gloo, in turns, on this machine.

    ./mlsys bench collectives --out reference/benchmarks/records/collectives.json

Only ratios within one run count. Every ratio is the median of the ratios of neighbouring runs: a rank times all
variants once in each round, and a round counts with its slowest rank. Vectors are float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reference.benchmarks.collectives.rounds import MIB, all_reduces, gloo, ratio, round_trip
from reference.benchmarks.report import Figure, Report
from reference.shared.comm import launch

SIZES = (1, 8, 32, 64)  # MiB
RANKS = (2, 4)
ROUNDS = {1: 41, 8: 15, 32: 7, 64: 5}
IN_WINDOW, COPIED, RING = 2.0, {8: 1.3, 32: 1.5, 64: 1.5}, 0.8  # targets of the ratios
TIMEOUT = 300.0


def run(*, quick: bool = False) -> Report:
    """Measure every figure in about two minutes; `quick` takes seconds, and is only a first look."""
    figures: list[Figure] = []
    for p in RANKS[:1] if quick else RANKS:
        for size in SIZES[:1] if quick else SIZES:
            rounds = 3 if quick else ROUNDS[size]
            seconds = _slowest(all_reduces, p, size * MIB, rounds)
            where = f"ranks={p}/MiB={size}"
            for name, target in (
                ("in_window", IN_WINDOW),
                ("copied", COPIED.get(size)),
                ("ring", _ring(size)),
            ):
                gain = ratio(seconds["mpi"], seconds[name])
                figures.append(Figure(f"ratio_mpi/{name}/{where}", gain, "ratio", target=target))
            figures.append(Figure(f"seconds/mpi/{where}", float(np.median(seconds["mpi"])), "s", "lower"))
        small = _slowest(all_reduces, p, 8, 11 if quick else 401)
        for name, times in small.items():
            figures.append(
                Figure(f"latency/{name}/ranks={p}/bytes=8", float(np.median(times)) * 1e6, "µs", "lower")
            )
        size = 1 if quick else 8
        torch = _slowest(gloo, p, size * MIB, 3 if quick else 11, backend="torch")
        for name, times in torch.items():
            figures.append(
                Figure(f"seconds/gloo_{name}/ranks={p}/MiB={size}", float(np.median(times)), "s", "lower")
            )
    trips = launch(round_trip, 2, 5 if quick else 200, backend="mpi", timeout=TIMEOUT)[0]
    figures.append(Figure("latency/message/bytes=8", float(np.median(trips)) * 1e6, "µs", "lower"))
    return Report("collectives", tuple(figures))


def _ring(size: int) -> float | None:
    return RING if size >= 32 else None


def _slowest(
    measure: Callable[..., Any], p: int, nbytes: int, rounds: int, backend: Any = "mpi"
) -> dict[str, np.ndarray]:
    """Variant -> seconds of the slowest rank in each round."""
    ranks = launch(measure, p, nbytes, rounds, backend=backend, timeout=TIMEOUT)
    return {name: np.max([rank[name] for rank in ranks], axis=0) for name in ranks[0]}

"""Five pieces of work in float32, a layer over its batch: what lab 00 predicts with two limits, and then measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reference.lab.napkin.charts import predicted_roofline
from reference.shared.plots.style import Picture
from reference.shared.plots.tables import Table
from reference.shared.timing.stopwatch import (
    human_seconds,
    interleaved,
    measure_bandwidth,
    measure_peak,
)

LAYER = 4096  # rows and columns of the layer's weights: 64 MiB of float32, more than most caches hold
VECTOR = 2**25  # numbers in a vector of `y += s x`
BATCHES = (8, 64, 512)
BUSY = 1.1  # a limit that was this many times higher the second time was measured on a busy machine
Counts = Mapping[str, tuple[float, float]]  # name -> (FLOP, bytes)


def time_kernels() -> dict[str, float]:
    """Seconds of the five pieces of work, medians of seven runs taken in turns, on all cores, by torch.

    `y += s x` on vectors of VECTOR numbers; a LAYER x LAYER matrix times a vector; and the layer, a product with
    that matrix, for each of BATCHES rows.
    """
    import torch

    x, y, vector = torch.rand(VECTOR), torch.rand(VECTOR), torch.rand(LAYER)
    weights = torch.rand(LAYER, LAYER)
    calls = {
        "y += s x": lambda: y.add_(x, alpha=1e-9),
        "matrix × vector": lambda: weights @ vector,
    }
    for batch in BATCHES:
        rows = torch.rand(batch, LAYER)
        calls[f"layer, batch {batch}"] = lambda rows=rows: rows @ weights
    with torch.no_grad():
        return {name: timing.seconds for name, timing in interleaved(calls, 7).items()}


def time_batches(sizes: Sequence[int]) -> dict[int, float]:
    """Batch -> seconds of one layer, a (batch, LAYER) by (LAYER, LAYER) product in float32, taken in turns."""
    import torch

    weights = torch.rand(LAYER, LAYER)
    inputs = {batch: torch.rand(batch, LAYER) for batch in sizes}
    calls = {str(batch): lambda rows=rows: rows @ weights for batch, rows in inputs.items()}
    with torch.no_grad():
        return {int(batch): timing.seconds for batch, timing in interleaved(calls, 7).items()}


def straight_line(seconds: Mapping[int, float]) -> tuple[float, float]:
    """(setup, each): the line setup + b * each that comes closest to the measured seconds of batches of b.

    Relative errors count, or the large batches would outweigh the small ones. Neither is below a microsecond.
    """
    sizes, values = list(seconds), np.array(list(seconds.values()))
    each, setup = np.polyfit(sizes, values, 1, w=1 / values)
    return float(max(setup, 1e-6)), float(max(each, 1e-6))


def prediction_table(counts: Counts, waits: Mapping[str, str], predicted: Mapping[str, float]) -> Table:
    """A row a piece of work: its FLOP a byte, what it waits for, and the seconds that it takes at least."""
    lines = [
        (name, f"{flop / nbytes:.2f}", waits[name], human_seconds(predicted[name]))
        for name, (flop, nbytes) in counts.items()
    ]
    return Table(("work", "FLOP/byte", "waits for", "predicted, at least"), tuple(lines))


def limits_again(peak: float, stream: float) -> tuple[float, float]:
    """The higher of the given and the newly measured (peak in FLOP/s, bandwidth in bytes/s); says when they changed.

    A limit is the most that was ever seen, and a busy machine shows less.
    """
    better = max(peak, measure_peak(np.float32)), max(stream, measure_bandwidth())
    if better[0] > BUSY * peak or better[1] > BUSY * stream:
        print("The machine was busy in section 6. Predicted again with higher limits:")
        print(f"{better[0] / 1e9:.0f} GFLOPS, {better[1] / 1e9:.1f} GB/s")
    return better


def roofline_chart(counts: Counts, measured: Mapping[str, float], limits: tuple[float, float]) -> Picture:
    """Each piece of work as a ring on the roof (predicted) and a point (measured).

    measured: seconds. limits: peak in FLOP/s, bandwidth in bytes/s.
    """
    points = {name: (flop / nbytes, flop / measured[name]) for name, (flop, nbytes) in counts.items()}
    return predicted_roofline(points, peak=limits[0], bandwidth=limits[1])


def measured_table(predicted: Mapping[str, float], measured: Mapping[str, float]) -> Table:
    """A row a piece of work: predicted and measured seconds, and their ratio."""
    lines = [
        (name, human_seconds(least), human_seconds(measured[name]), f"{measured[name] / least:.2f}")
        for name, least in predicted.items()
    ]
    return Table(("work", "predicted, at least", "measured", "measured / predicted"), tuple(lines))

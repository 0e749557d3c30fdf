"""The measured figures that the slides of lecture 00 and their notes quote."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean, median
from typing import Any

from reference.benchmarks.napkin.figures import points, service_line, share_of_limit
from reference.napkin.growth import fit_exponent
from reference.napkin.scaling import fit_fraction
from reference.shared.timing.statistics import human_seconds


def quotes(record: Mapping[str, Any]) -> list[str]:
    """The measured figures, a line each."""
    setup, each = service_line(record)
    return [
        f"measured on {record['date']}: {record['machine']}",
        f"peak {record['peak'] / 1e9:.0f} GFLOPS, memory {record['bandwidth'] / 1e9:.1f} GB/s: "
        f"ridge {record['peak'] / record['bandwidth']:.1f} FLOP/byte",
        *(
            f"{name}: {share_of_limit(record, work):.0%} of the prediction"
            for name, work in record["kernels"].items()
        ),
        *(f"{name}: f = {fit_fraction(*points(line)):.3f}" for name, line in record["speedup"].items()),
        *(
            f"{name}: exponent {fit_exponent(*points(line))[0]:.2f}"
            for name, line in record["growth"].items()
        ),
        f"one run of np.sort: median {human_seconds(median(record['runs']))}, "
        f"mean {human_seconds(mean(record['runs']))}, longest {human_seconds(max(record['runs']))}",
        f"layer as a service: setup {human_seconds(setup)}, each {human_seconds(each)}",
        *(f"{name}: {human_seconds(seconds)}" for name, seconds in record["sheet"].items()),
        *(f"chase in {int(size) // 1024} KiB: {human_seconds(s)}" for size, s in record["chase"].items()),
    ]

"""The measured figures that the slides of lecture 01 quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference.benchmarks.matmul_cpu.figures import ladder_columns, recorded_bench


def quotes(record: Mapping[str, Any]) -> list[str]:
    """The ladder in Leiserson's columns, from the benchmark; the machine and the two rates of the lecture's record."""
    rates = {name: f"{rate / 1e9:.3g} GFLOPS" for name, rate in record["denormal"].items()}
    return [
        str(ladder_columns(recorded_bench())),
        f"measured on {record['date']}: {record['machine']}",
        *(f"{name}: {rate}" for name, rate in rates.items()),
    ]

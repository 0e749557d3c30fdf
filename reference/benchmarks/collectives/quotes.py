"""The measured figures that the slides of lecture 03 and their notes quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference.benchmarks.collectives.figures import CLUSTER, PAPER
from reference.collectives import crossover, predict
from reference.lab.collectives.measuring import effective_gpus
from reference.shared.timing.statistics import human_seconds


def quotes(record: Mapping[str, Any]) -> list[str]:
    """The figures, a line each."""
    fit, late = record["fit"], record["late"]
    low, high = fit["alpha_interval"]
    return [
        f"measured on {record['date']}: {record['machine']}",
        f"alpha {human_seconds(fit['alpha'])} (95 %: {human_seconds(low)} to {human_seconds(high)})",
        f"beta {1e9 * fit['beta']:.2f} ns a byte: {1e-9 / fit['beta']:.1f} GB/s",
        f"crossover on 64 ranks of the cluster: {crossover(64, *CLUSTER):.0f} bytes",
        *(
            f"{p} ranks: {predict('ring_all_reduce', p, *PAPER) / predict('straggler_all_reduce', p, *PAPER):.3f}"
            for p in (4, 8, 16, 32, 64, 128, 256)
        ),
        *(
            f"{float(each) * 1e3:.0f} ms late: {4 * record['compute'] / late[each]:.2f} ranks of work, "
            f"formula {effective_gpus(4, record['compute'], float(each)):.2f}"
            for each in late
        ),
    ]

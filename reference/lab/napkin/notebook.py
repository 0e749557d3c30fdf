"""The names that lab 00 uses, in one place: `from reference.lab.napkin import notebook as lab`.

Each is documented where it is defined. In the notebook, `lab.measure_loader?` shows what it does, and
`lab.measure_loader??` how.
"""

from __future__ import annotations

from collections.abc import Mapping

from reference.lab.napkin.charts import latencies, staircase
from reference.lab.napkin.growing import growth_chart, time_kmeans, time_svm
from reference.lab.napkin.kernels import (
    LAYER,
    limits_again,
    measured_table,
    prediction_table,
    roofline_chart,
    straight_line,
    time_batches,
    time_kernels,
)
from reference.lab.napkin.loader import FETCH_SECONDS, FILES, loader_chart, measure_loader
from reference.lab.napkin.networks import beside_torch, layer_shares, networks
from reference.lab.napkin.tables import (
    audit_chart,
    batch_chart,
    cost_histogram,
    sheet_table,
    training_table,
    wait_chart,
    wrong_claims,
)
from reference.lab.napkin.turns import comparison_table, ratio_chart, steps_to_return, time_in_turns
from reference.shared.machine import machine
from reference.shared.plots.style import show
from reference.shared.plots.tables import show_machine
from reference.shared.predictions import Prediction, keep_prediction
from reference.shared.timing.stopwatch import (
    human_seconds,
    measure_bandwidth,
    measure_peak,
    time_calls,
)

__all__ = [
    "FETCH_SECONDS",
    "FILES",
    "LAYER",
    "audit_chart",
    "batch_chart",
    "beside_torch",
    "comparison_table",
    "cost_histogram",
    "growth_chart",
    "human_seconds",
    "keep_guesses",
    "latencies",
    "layer_shares",
    "limits_again",
    "loader_chart",
    "machine",
    "measure_bandwidth",
    "measure_loader",
    "measure_peak",
    "measured_table",
    "networks",
    "prediction_table",
    "ratio_chart",
    "roofline_chart",
    "sheet_table",
    "show",
    "show_machine",
    "staircase",
    "steps_to_return",
    "straight_line",
    "time_batches",
    "time_calls",
    "time_in_turns",
    "time_kernels",
    "time_kmeans",
    "time_svm",
    "training_table",
    "wait_chart",
    "wrong_claims",
]

# The course's blind guess, in nanoseconds: "a microsecond, whatever it is".
BLIND: dict[str, float] = dict.fromkeys(
    (
        "multiply-add",
        "L1 cache",
        "64 bytes streamed",
        "memory",
        "function call",
        "system call",
        "pipe round trip",
        "loopback round trip",
    ),
    1000,
)


def keep_guesses(guesses: Mapping[str, float]) -> Prediction:
    """Keep the guesses in `predictions.json`, once; afterwards return the first ones. In nanoseconds.

    Raises ValueError for other names than those of BLIND, and for a guess that is not above 0.
    """
    return keep_prediction("00_napkin", guesses, blind=BLIND)

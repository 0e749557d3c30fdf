"""Compare the steps of unit 04 with NumPy, in turns.

    ./mlsys bench data_parallel --out reference/benchmarks/records/data_parallel.json

Only ratios within one run count. WRITE: which library a user would pick instead, and what your targets are.
"""

from __future__ import annotations

import numpy as np

from reference.benchmarks.report import Figure, Report
from reference.data_parallel import moving_sum, running_sum
from reference.shared.timing.stopwatch import interleaved

VALUES, QUICK_VALUES = 20_000, 2_000
WIDTHS = (4, 64)


def run(*, quick: bool = False) -> Report:
    """Measure every figure of the unit in a few seconds; `quick` takes less than one, and is only a first look."""
    numbers = np.random.default_rng(1).integers(-99, 100, QUICK_VALUES if quick else VALUES)
    values = numbers.tolist()
    figures = []
    for width in WIDTHS:
        ones = np.ones(width, numbers.dtype)
        steps = {
            "moving_sum": lambda width=width: moving_sum(values, width),
            "running_sum": lambda width=width: running_sum(values, width),
            "numpy": lambda ones=ones: np.convolve(numbers, ones, "valid"),
        }
        seconds = {name: timing.seconds for name, timing in interleaved(steps, 3 if quick else 7).items()}
        gain = seconds["moving_sum"] / seconds["running_sum"]
        beside = seconds["numpy"] / seconds["running_sum"]
        # WRITE: a target makes a figure count, as in Figure(name, value, "ratio", target=1.0).
        figures += [
            Figure(f"ratio_moving_sum/width={width}", gain, "ratio"),
            Figure(f"ratio_numpy/width={width}", beside, "ratio"),
        ]
    return Report("data_parallel", tuple(figures))

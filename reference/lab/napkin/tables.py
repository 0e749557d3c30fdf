"""The tables and charts of lab 00 that show what the student's functions returned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from reference.lab.napkin.charts import model_and_points
from reference.shared.plots.charts import sweep
from reference.shared.plots.counts import claims_chart
from reference.shared.plots.spreads import distribution
from reference.shared.plots.style import Picture
from reference.shared.plots.tables import Table
from reference.shared.timing.stopwatch import human_seconds


class ClaimRow(Protocol):
    """One published figure, as in `claims.py`."""

    @property
    def name(self) -> str: ...
    @property
    def says(self) -> str: ...
    @property
    def figure(self) -> float: ...
    @property
    def unit(self) -> str: ...


Found = Sequence[tuple[str, float, bool]]  # what your `audit` returns


def training_table(runs: Mapping[str, float], days: Callable[[float], float]) -> Table:
    """A row a training run: its FLOP, and the days that `days(flop)` gives for one V100."""
    rows = [(name, f"{flop:.2e}", f"{days(flop):,.1f}".replace(",", " ")) for name, flop in runs.items()]
    return Table(("training run", "FLOP", "days of one V100 at 30 %"), tuple(rows))


def cost_histogram(costs: np.ndarray, planned: float, summary: Sequence[float]) -> Picture:
    """The simulated costs in thousands of dollars. summary: (10th percentile, median, 90th percentile, mean)."""
    low, middle, high, _ = (value / 1e3 for value in summary)
    return distribution(
        costs / 1e3,
        title=f"Planned: {planned / 1e3:.0f} k$. Half cost more than {middle:.0f} k$",
        x_label="cost of a campaign, in 1000 $",
        marks={"1 in 10 below": low, "half below": middle, "1 in 10 above": high},
        count=f"of {len(costs)} simulated campaigns",
    )


def batch_chart(seconds: Mapping[int, float], line: Callable[[int], float]) -> Picture:
    """Measured milliseconds over the requests in a batch, and the line that your `batch_seconds` gives."""
    return model_and_points(
        {"a batch": {b: 1e3 * line(b) for b in range(1, max(seconds) + 1)}},
        {"a batch": {b: 1e3 * value for b, value in seconds.items()}},
        title="The whole batch pays the setup once",
        x_label="requests in a batch",
        y_label="milliseconds",
        log_y=False,
        formulas={"a batch": "setup + b × each"},
    )


def wait_chart(rate: float, limit: float, line: Callable[[int], float], *, least: int, most: int) -> Picture:
    """The longest wait of a request over the batch: until the batch is full, and until it is done.

    rate: requests a second. limit: seconds that were promised. line: seconds of a batch. least, most: the batches
    that your `smallest_batch` and `largest_batch` allow.
    """
    sizes = sorted({round(2 ** (power / 2)) for power in range(15)} | {least})
    waits: dict[float, float] = {
        b: 1e3 * ((b - 1) / rate + line(b)) for b in sizes if b <= 2 * max(most, least)
    }
    return sweep(
        {"longest wait": waits},
        title=f"Batches from {least} on keep up, batches to {most} answer in time",
        x_label="requests in a batch",
        y_label="longest wait, milliseconds",
        marks={"keeps up": least},
        levels={"promised": limit * 1e3},
    )


def audit_chart(claims: Sequence[ClaimRow], found: Found) -> Picture:
    """The distance of each claim from the figure that your `audit` recomputed."""
    return claims_chart(
        [
            (claim.name.replace("_", " "), claim.figure, right, holds)
            for claim, (_, right, holds) in zip(claims, found, strict=True)
        ]
    )


def wrong_claims(claims: Sequence[ClaimRow], found: Found) -> Table:
    """The claims that do not hold, in words, with the figure that they should have given."""
    rows = [
        (claim.says, f"{claim.figure:g}", f"{right:.3g} {claim.unit}")
        for claim, (_, right, holds) in zip(claims, found, strict=True)
        if not holds
    ]
    return Table(("claim", "it says", "it should say"), tuple(rows))


def sheet_table(seconds: Mapping[str, float], cpu: str) -> Table:
    """The sheet of numbers: each time, and how many Python function calls fit into it."""
    call = seconds["function call"]
    rows = [(name, human_seconds(value), f"{value / call:.3g}") for name, value in seconds.items()]
    return Table((f"on {cpu}", "one takes", "in Python function calls"), tuple(rows))

"""Inputs and expected sums, computed in another way than the reference does."""

from __future__ import annotations

from itertools import accumulate

import numpy as np


def integers(rng: np.random.Generator, count: int) -> list[int]:
    """Random values of both signs."""
    return rng.integers(-999, 1000, count).tolist()


def window_sums(values: list[int], width: int) -> list[int]:
    """Sums of all windows, as differences of prefix sums: exact for integers."""
    prefixes = [0, *accumulate(values)]
    return [after - before for before, after in zip(prefixes, prefixes[width:], strict=False)]

"""How much a test tries: all examples and all cases, or the share of them that the tier asks for."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, settings

SHARE = float(os.environ.get("MLSYS_TEST_EFFORT") or 1)


def tries(full: int = 100) -> settings:
    """The settings of a property test: its share of `full` examples, at least two, and no deadline.

    full: how many the test tries in `./mlsys test --all`, and when you run pytest yourself. How long an example takes,
    or to make one, is no property of the code: the machine may be busy.
    """
    slow = [HealthCheck.too_slow]
    return settings(max_examples=max(2, round(full * SHARE)), deadline=None, suppress_health_check=slow)


def one_of_each(cases: Iterable[str], *quick: str) -> list:
    """The names of the cases as parameters of a test: `--fast` runs those in `quick`, the larger tiers all of them."""
    names = list(cases)
    assert set(quick) <= set(names), f"expected names of cases, got {sorted(set(quick) - set(names))}"
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]

"""Many cases of few kinds: `--fast` runs one of each kind, and the larger tiers run them all."""

from __future__ import annotations

from collections.abc import Iterable

import pytest


def one_of_each(cases: Iterable[str], *quick: str) -> list:
    """The names of the cases as parameters of a test; those that are not in `quick` are slow."""
    names = list(cases)
    assert set(quick) <= set(names), f"expected names of cases, got {sorted(set(quick) - set(names))}"
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]

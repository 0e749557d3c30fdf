"""The one rotation of measurements: who runs when, and how many rounds fit into a budget."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.shared.timing import rotation
from reference.shared.timing.rotation import in_rotation, rounds_within


def test_each_round_starts_one_further_on():
    order: list[str] = []
    measure = {name: lambda name=name: order.append(name) for name in "abc"}
    in_rotation(measure, range(4))
    assert "".join(order) == "abc" + "bca" + "cab" + "abc"


@given(st.integers(1, 5), st.integers(0, 12))
def test_every_sample_is_kept_in_the_order_of_the_rounds(functions: int, rounds: int):
    clocks = {str(number): itertools.count(100 * number) for number in range(functions)}
    found = in_rotation({name: clock.__next__ for name, clock in clocks.items()}, range(rounds))
    assert found == {str(n): list(range(100 * n, 100 * n + rounds)) for n in range(functions)}


@pytest.mark.parametrize(
    ("seconds", "least", "rounds"), [(10.0, 0, 10), (2.5, 0, 3), (1.0, 4, 4), (0.0, 0, 0)]
)
def test_rounds_go_on_until_the_budget_is_spent(
    monkeypatch: pytest.MonkeyPatch, seconds: float, least: int, rounds: int
):
    now = [0.0]
    monkeypatch.setattr(rotation.time, "perf_counter", lambda: now[0])
    found = []
    for turn in rounds_within(seconds, least=least):
        found.append(turn)
        now[0] += 1
    assert found == list(range(rounds))

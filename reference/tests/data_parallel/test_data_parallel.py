"""Both steps of unit 04: properties, bad operands, and a comparison with NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.data_parallel import moving_sum, running_sum

STEPS = [moving_sum, running_sum]
Step = Callable[[Any, Any], list[int]]

# Values, and a width that fits.
operands = st.lists(st.integers(-(2**70), 2**70), min_size=1, max_size=30).flatmap(
    lambda values: st.tuples(st.just(values), st.integers(1, len(values)))
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
@given(drawn=operands)
@settings(max_examples=100, deadline=None)
def test_each_element_is_the_sum_of_its_window(step: Step, drawn: tuple[list[int], int]):
    values, width = drawn
    before = list(values)
    want = [sum(values[start : start + width]) for start in range(len(values) - width + 1)]
    assert step(values, width) == want
    assert values == before


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("width", [1, 2, 7, 64])
def test_numpy_agrees(step: Step, width: int):
    values = np.random.default_rng(width).integers(-1000, 1000, 64)
    assert step(values.tolist(), width) == np.convolve(values, np.ones(width, int), "valid").tolist()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize(
    ("values", "width", "kind", "message"),
    [
        ((1, 2), 1, TypeError, "expected values to be a list of integers, got tuple"),
        ([1, 2.0], 1, TypeError, r"expected values\[1\] to be an int, got 2.0"),
        ([True], 1, TypeError, r"expected values\[0\] to be an int, got True"),
        ([1, 2], 1.0, TypeError, "expected width to be an int, got 1.0"),
        ([1, 2], 0, ValueError, "expected 1 <= width <= 2, the number of values; got 0"),
        ([1, 2], 3, ValueError, "expected 1 <= width <= 2, the number of values; got 3"),
        ([], 1, ValueError, "expected 1 <= width <= 0"),
    ],
)
def test_bad_operands_are_named(step: Step, values: Any, width: Any, kind: type[Exception], message: str):
    with pytest.raises(kind, match=message):
        step(values, width)

"""A changed input is found in arrays and tensors of every form, and an unchanged NaN is no change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from reference.shared.simulators.untouched import changed, kept


def kernel(out: Any, a: Any, b: Any) -> None:
    """Only its names count."""


@pytest.mark.parametrize("make", [np.zeros, torch.zeros], ids=["numpy", "torch"])
def test_the_changed_input_is_named(make: Any):
    a, b = make((2, 3)), make((3,))
    a[0, 0] = b[1] = float("nan")
    before = kept([a, b])
    assert changed(kernel, [a, b], before) == []
    b[2] = -0.0  # equal as a number, and yet written
    told = changed(kernel, [a, b], before)
    assert told == ["changed: b, an input, is not as it was before the call"]
    assert "argument 2" in changed(None, [a, b], before)[0]


def test_views_and_half_precision_are_compared():
    wide = torch.zeros(4, 4, dtype=torch.bfloat16)
    view = wide[::2, ::2]
    before = kept([view, 3, True])
    wide[1, 1] = 1  # beside the view
    assert changed(None, [view, 3, True], before) == []
    wide[2, 2] = 1
    assert len(changed(None, [view, 3, True], before)) == 1

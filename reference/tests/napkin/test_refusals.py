"""Bad input is refused before any work, with what was expected and what came."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reference.napkin import (
    campaign,
    checks,
    growth,
    layers,
    roofline,
    scaling,
    service,
    sheet,
    sizing,
    stopwatch,
)

GOOD: dict[Callable[..., Any], dict[str, Any]] = {
    layers.linear: {"batch": 1, "inputs": 2, "outputs": 3, "bias": True},
    layers.conv2d: {
        **{"batch": 1, "in_channels": 2, "out_channels": 2, "height": 8, "width": 8, "kernel": 3},
        **{"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True},
    },
    layers.attention: {"batch": 1, "queries": 2, "keys": 3, "width": 4, "heads": 2},
    layers.embedding: {"batch": 1, "length": 2, "vocabulary": 3, "width": 4},
    layers.layer_norm: {"width": 4},
    sizing.training_flop: {"forward_flop": 1e6, "examples": 10, "epochs": 3, "backward_ratio": 2.0},
    sizing.transformer_flop: {"parameters": 1e9, "tokens": 1e9},
    sizing.flop_of_gpu_days: {"gpu_days": 3, "peak": 1e12, "utilization": 0.3},
    sizing.gpu_days: {"flop": 1e20, "peak": 1e12, "utilization": 0.3},
    sizing.model_bytes: {"parameters": 10, "bits": 8},
    campaign.campaign_cost: {"data": 1, "cycle": 2, "cycles": 3, "serving": 4, "tweak": 5, "tweaks": 6},
    campaign.simulate_costs: {
        **{"rng_seed": 1, "trials": 3, "data": 1, "cycle": 2, "serving": 3, "tweak": 4},
        **{"cycles": (1, 2), "tweaks": (0, 1), "spread": 0.1},
    },
    campaign.summary: {"costs": [1.0]},
    scaling.amdahl: {"fraction": 0.5, "workers": 2},
    scaling.gustafson: {"fraction": 0.5, "workers": 2},
    scaling.fit_fraction: {"workers": [2, 4], "speedups": [1.5, 2]},
    scaling.most_workers: {"fraction": 0.5, "efficiency": 0.5},
    roofline.ridge: {"peak": 1, "bandwidth": 1},
    roofline.attainable: {"intensity": 1, "peak": 1, "bandwidth": 1},
    roofline.matmul_intensity: {"m": 1, "k": 1, "n": 1, "word": 4},
    roofline.predict_seconds: {"flop": 1, "nbytes": 1, "peak": 1, "bandwidth": 1},
    roofline.bound: {"flop": 1, "nbytes": 1, "peak": 1, "bandwidth": 1},
    service.in_flight: {"rate": 1, "latency": 1},
    service.batch_seconds: {"b": 1, "setup": 1, "each": 1},
    service.throughput: {"b": 1, "setup": 1, "each": 1},
    service.smallest_batch: {"rate": 0.5, "setup": 1, "each": 1},
    service.largest_batch: {"limit": 5, "rate": 1, "setup": 1, "each": 1},
    service.bandwidth: {"rate": 1, "bytes_in": 1, "bytes_out": 1},
    growth.kmeans_operations: {"points": 1, "dimensions": 1, "clusters": 1, "iterations": 1},
    growth.kernel_operations: {"points": 1, "dimensions": 1},
    growth.fit_exponent: {"sizes": [1, 2], "values": [1, 2]},
    growth.doubling: {"values": [1, 2]},
    growth.extrapolate: {"sizes": [1, 2], "values": [1, 2], "size": 4},
    stopwatch.clock_step: {"readings": [1, 2]},
    stopwatch.batch_size: {"step": 1e-9, "seconds": 1e-6, "error": 0.01},
    stopwatch.in_turns: {"names": ["a"], "rounds": 1},
    stopwatch.median_interval: {"samples": [1, 2], "seed": 0, "level": 0.9, "resamples": 10},
    stopwatch.ratio_interval: {"a": [1, 2], "b": [1, 2], "seed": 0, "level": 0.9, "resamples": 10},
    stopwatch.too_noisy: {"samples": [1, 2], "most": 0.1},
    sheet.cycle: {"n": 3, "seed": 0},
    sheet.call_seconds: {"count": 3},
    sheet.syscall_seconds: {"count": 3},
}
CASES = [(function, name) for function, good in GOOD.items() for name in good]
NAMES = [f"{function.__name__}-{name}" for function, name in CASES]


@pytest.mark.parametrize("function", GOOD, ids=lambda function: function.__name__)
def test_good_input_passes(function):
    assert list(GOOD[function]) == list(inspect.signature(function).parameters)
    function(**GOOD[function])


@pytest.mark.parametrize(("function", "name"), CASES, ids=NAMES)
@pytest.mark.parametrize("bad", ["seven", None, {}, float("nan"), float("inf"), -1])
def test_bad_input_is_refused_by_name(function, name, bad):
    if (function, name, bad) == (stopwatch.clock_step, "readings", -1):
        bad = [-1]
    with pytest.raises((TypeError, ValueError), match=rf"^{function.__name__}: expected {name}\b.*got "):
        function(**{**GOOD[function], name: bad})


@pytest.mark.parametrize("bad", [[1, "a"], [1, float("nan")], [[1, 2], [3, 4]], np.ones((2, 2)), []])
def test_bad_lists_are_refused(bad):
    for function, name in (
        (campaign.summary, "costs"),
        (growth.fit_exponent, "values"),
        (stopwatch.too_noisy, "samples"),
    ):
        with pytest.raises((TypeError, ValueError), match=f"{function.__name__}: expected {name}"):
            function(**{**GOOD[function], name: bad})


@pytest.mark.parametrize("bad", [2.0, True, np.float64(3), "3"])
def test_what_is_no_whole_number_is_a_type_error(bad):
    with pytest.raises(TypeError, match="batch to be a whole number"):
        layers.linear(bad, 2, 3)


def test_numbers_of_numpy_are_numbers():
    assert layers.linear(np.int64(2), 3, 4) == (16, 48)  # pyright: ignore[reportArgumentType]
    assert roofline.ridge(np.float32(4), np.int32(2)) == 2  # pyright: ignore[reportArgumentType]
    assert growth.doubling(np.array([1.0, 3.0])) == [3.0]  # pyright: ignore[reportArgumentType]


def test_huge_whole_numbers_are_finite():
    checks.positive("x", 10**400)


def test_a_place_in_a_list_is_named():
    with pytest.raises(ValueError, match=r"expected sizes\[1\] to be above 0, got -2"):
        growth.fit_exponent([1, -2], [1, 2])


def test_a_checked_function_is_still_itself():
    assert layers.linear.__name__ == "linear"
    assert "(parameters, FLOP" in (layers.linear.__doc__ or "")
    with pytest.raises(TypeError, match="missing a required argument"):
        layers.linear(1, 2)  # pyright: ignore[reportCallIssue]

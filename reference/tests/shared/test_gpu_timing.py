"""The GPU's stopwatch and its three limits, with a clock that is made up: they must count right where none can look."""

from __future__ import annotations

import pytest
import torch

from reference.shared import gpu
from reference.shared.timing import gpu_limits as gpu_peak
from reference.shared.timing.gpu_stopwatch import EventClock, gpu_seconds, time_in_rotation

backend = gpu.select()


class Told:
    """A clock that runs each call, says what it was told to say, and remembers the order."""

    def __init__(self, seconds):
        self.told, self.order = dict(seconds), []

    def seconds(self, call):
        name = call()
        self.order.append(name)
        said = self.told[name]
        return said.pop(0) if isinstance(said, list) else said


def named(*names):
    return {name: (lambda name=name: name) for name in names}


def test_every_round_starts_one_further_on():
    clock = Told({"a": 1.0, "b": 2.0, "c": 3.0})
    found = time_in_rotation(named("a", "b", "c"), clock, budget=40)
    assert "".join(clock.order) == "aaabbbccc" + "abcbcacab" * 2
    assert {name: (each.seconds, each.repeats) for name, each in found.items()} == {
        "a": (1.0, 6),
        "b": (2.0, 6),
        "c": (3.0, 6),
    }


def test_the_budget_sets_the_rounds_within_their_bounds():
    for seconds, budget, rounds in ((0.1, 1.0, 10), (10.0, 1.0, 6), (1e-6, 1.0, 100), (0.0, 1.0, 100)):
        assert time_in_rotation(named("a"), Told({"a": seconds}), budget=budget)["a"].repeats == rounds


def test_the_warm_up_does_not_count_and_the_median_does():
    runs = [9.0, 9.0, 9.0, 1.0, 2.0, 100.0, 3.0, 2.0, 2.0]
    assert time_in_rotation(named("a"), Told({"a": runs}), budget=1.0)["a"].seconds == 2.0


def test_nothing_to_time_is_refused():
    with pytest.raises(ValueError, match="at least one function"):
        time_in_rotation({}, Told({}))


class Second:
    """A clock by which every call takes a second."""

    calls = 0

    def seconds(self, call):
        call()
        self.calls += 1
        return 1.0


def test_the_fp32_peak_counts_what_the_kernel_does(monkeypatch):
    monkeypatch.setattr(gpu_peak, "THREADS", 4)
    monkeypatch.setattr(gpu_peak, "BLOCKS_AN_SM", 2)
    monkeypatch.setattr(gpu_peak, "PASSES", 3)
    monkeypatch.setattr(gpu_peak, "RUNS", 2)
    clock = Second()
    assert gpu_peak.fp32_peak(clock, 2) == 2 * 2 * 4 * 3 * (2 * 8 * 16)
    assert clock.calls == 3


def test_the_other_limits_count_a_product_and_both_ways_of_a_copy(monkeypatch):
    monkeypatch.setattr(gpu_peak, "TENSOR_SIDE", 16)
    monkeypatch.setattr(gpu_peak, "COPIED_BYTES", 4096)
    assert gpu_peak.tensor_peak(Second(), torch.bfloat16) == 2 * 16**3
    assert gpu_peak.memory_bandwidth(Second()) == 2 * 4096


@pytest.mark.skipif(not backend.has_gpu, reason="needs an NVIDIA GPU")
def test_the_event_clock_times_a_product():
    a = torch.randn(2048, 2048, device="cuda")
    assert 1e-6 < EventClock().seconds(lambda: a @ a) < 1
    few, many = gpu_seconds({"one": lambda: a @ a, "four": lambda: [a @ a for _ in range(4)]}).values()
    assert 2 < many / few < 6

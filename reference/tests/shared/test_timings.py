"""Intervals, comparisons, and the warnings about a coarse clock and a busy machine."""

import dataclasses
import subprocess
import sys
import time

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from reference.shared.timing import conditions as conditions_module
from reference.shared.timing import statistics as timings
from reference.shared.timing.conditions import Conditions, conditions
from reference.shared.timing.statistics import Comparison, Ratio, Timing, ratio_of, timing_of
from reference.shared.timing.stopwatch import compare, interleaved, time_calls
from reference.tests.effort import tries

pytestmark = pytest.mark.alone  # it measures time

RUNS = [1.0, 1.1, 0.9, 1.05, 0.95, 1.02, 1.3]
times = st.lists(st.floats(1e-6, 1e3), min_size=6, max_size=25)


def test_the_interval_is_scipys():
    found = scipy.stats.bootstrap((RUNS,), np.median, n_resamples=20_000, method="percentile", rng=1)
    low, high = timing_of(RUNS, 1).interval
    assert low == pytest.approx(found.confidence_interval.low, abs=0.05)
    assert high == pytest.approx(found.confidence_interval.high, abs=0.05)


def test_the_interval_does_not_change_from_one_look_to_the_next():
    assert timing_of(RUNS, 1).interval == timing_of(RUNS, 1).interval


@tries(25)
@given(times)
def test_the_interval_holds_the_median_and_stays_within_the_runs(runs: list[float]):
    timing = timing_of(runs, 1)
    low, high = timing.interval
    assert min(runs) <= low <= timing.seconds <= high <= max(runs)
    assert timing.runs == tuple(runs)


def test_the_interval_of_equal_runs_is_a_point():
    assert timing_of([2.0] * 8, 1).interval == (2.0, 2.0)


def test_the_interval_covers_the_median_about_as_often_as_it_says():
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        low, high = timings.bootstrap_interval(rng.lognormal(0, 0.1, 15).tolist())
        held += low <= 1 <= high
    assert held >= 0.88 * 200  # of 95 % wanted; the percentile bootstrap is a little narrow for few runs


@pytest.mark.parametrize("runs", [[], [1.0], [1.0] * 5])
def test_few_runs_have_no_interval(runs):
    timing = Timing(1.0, 1.0, 1.0, 1.0, len(runs), 1, tuple(runs))
    with pytest.raises(ValueError, match="at least 6 runs"):
        _ = timing.interval


def test_no_run_is_no_timing():
    with pytest.raises(ValueError, match="at least one run"):
        timing_of([], 1)


def test_a_slow_spell_cancels_in_the_ratio():
    spell = [1, 1, 30, 30, 1, 1, 1, 30]
    ratio = ratio_of([2.0 * s for s in spell], [1.0 * s for s in spell])
    assert (ratio.value, ratio.low, ratio.high) == (2.0, 2.0, 2.0)
    assert ratio.differs


@tries(25)
@given(times, st.floats(0.01, 100))
def test_a_ratio_has_its_factor(runs: list[float], factor: float):
    ratio = ratio_of([factor * run for run in runs], runs)
    assert ratio.low <= ratio.value <= ratio.high
    assert ratio.value == pytest.approx(factor)


def test_ratios_turned_around_are_one_over():
    one, other = ratio_of(RUNS, RUNS[::-1]), ratio_of(RUNS[::-1], RUNS)
    assert one.value == pytest.approx(1 / other.value)


def test_a_clock_that_stands_still_gives_no_ratio():
    with pytest.raises(ValueError, match="above 0 s"):
        ratio_of([0.0] * 6, [1.0] * 6)


def test_a_ratio_says_no_difference_when_its_interval_holds_one():
    assert "no difference from loops (0.98 to 1.03" in Ratio(1.01, 0.98, 1.03).against("loops")
    assert str(Ratio(1.42, 1.38, 1.47)) == "1.42 times as fast as the first (1.38 to 1.47)"
    assert Ratio(0.5, 0.4, 0.6).differs


def test_a_slower_function_is_found_out():
    found = compare({"slow": lambda: time.sleep(0.004), "fast": lambda: time.sleep(0.001)}, 6)
    assert found.first == "slow"
    assert list(found.ratios) == ["fast"]
    assert 1.3 < found.ratios["fast"].value < 4.5  # a busy machine wakes both of them late
    assert found.ratios["fast"].against("slow") in str(found)
    assert str(found).startswith("slow: ")


def test_a_function_hardly_ever_differs_from_itself():
    rng = np.random.default_rng(3)
    same = 0
    for _ in range(100):
        runs = rng.lognormal(0, 0.2, (2, 15))
        same += not ratio_of(*runs.tolist()).differs
    assert same >= 88


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="at least two functions"):
        compare({"one": lambda: None})
    with pytest.raises(ValueError, match="at least 6"):
        compare({"one": lambda: None, "two": lambda: None}, 5)
    with pytest.raises(TypeError, match="lambda"):
        compare({"one": 1, "two": 2})  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="as many runs each"):
        Comparison({"one": timing_of([1.0] * 6, 1), "two": timing_of([1.0] * 7, 1)})
    with pytest.raises(ValueError, match="two functions or more"):
        Comparison({})


def test_the_runs_stand_in_the_order_of_the_rounds():
    pauses = iter([0.001] * 2 + [0.001, 0.005, 0.001])
    timing = interleaved({"fn": lambda: time.sleep(next(pauses))}, 3)["fn"]
    assert int(np.argmax(timing.runs)) == 1


def test_a_run_too_short_for_the_clock_is_a_warning(monkeypatch):
    timing = timing_of([1e-4] * 6, 10)
    assert not timing.coarse
    assert timing.warnings == ()
    monkeypatch.setattr(timings, "clock_resolution", lambda: 0.0156)  # the clock of an old Windows
    assert timing.coarse
    assert "steps of 15.6 ms" in str(timing)
    both = Comparison({"a": timing, "b": timing})
    assert [text[:2] for text in both.warnings] == ["a:", "b:"]
    assert "warning: a: a run of 1 ms is too short" in str(both)


def test_a_batch_grows_until_a_coarse_clock_can_time_it(monkeypatch):
    from reference.shared.timing import stopwatch as measure

    monkeypatch.setattr(measure, "clock_resolution", lambda: 1e-5)
    timing = time_calls(lambda: None, repeats=3)
    assert timing.seconds * timing.batch > 0.005


def test_a_noisy_timing_is_a_warning():
    noisy = dataclasses.replace(timing_of(RUNS, 1), low=0.5, high=1.5)
    assert noisy.warnings == ("noisy: middle half spans 98%",)


def test_conditions_say_what_is_wrong_and_what_to_do():
    assert Conditions(5e-8, 0.02, 2).warnings == ()
    assert str(Conditions(5e-8, 0.02, 2)) == "quiet: others use 2% of 2 cores, clock steps of 50 ns"
    coarse = Conditions(0.0156, 0.0, 2)
    assert "steps of 1.56e+04 µs" in str(coarse)
    busy = Conditions(5e-8, 0.5, 2)
    assert "others use 50% of its 2 cores; close other programs" in str(busy)
    assert str(busy).startswith("warning: ")


def test_a_busy_neighbour_is_seen():
    neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        seen = conditions(0.5)
    finally:
        neighbour.kill()
        neighbour.wait()
    assert seen.busy * seen.cores > 0.6


def test_our_own_work_is_not_a_neighbours(monkeypatch):
    busy, ours = iter([10.0, 10.0 + 0.3]), iter([1.0, 1.0 + 0.3])
    monkeypatch.setattr(conditions_module, "_busy_seconds", lambda: next(busy))
    monkeypatch.setattr(conditions_module.time, "process_time", lambda: next(ours))
    assert conditions(0.01).busy == pytest.approx(0)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_looking_takes_some_time(seconds):
    with pytest.raises(ValueError, match="above 0"):
        conditions(seconds)

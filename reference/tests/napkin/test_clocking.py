"""The stopwatch, and the sheet of numbers that it fills."""

from __future__ import annotations

import statistics
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from reference.napkin import sheet, stopwatch
from reference.tests.effort import tries

pytestmark = pytest.mark.alone  # it measures time

RUNS = [1.0, 1.1, 0.9, 1.05, 0.95, 1.02, 1.3, 0.97]


def test_the_step_of_a_clock():
    assert stopwatch.clock_step([0, 0, 15, 15, 30, 30, 30, 61]) == 15
    assert stopwatch.clock_step([5, 9, 2, 4]) == 2  # set back once: no step
    with pytest.raises(ValueError, match="3 readings without a step"):
        stopwatch.clock_step([7, 7, 6])


@given(st.floats(1e-9, 1e-3), st.floats(1e-9, 10), st.floats(1e-4, 0.5))
def test_a_batch_is_as_small_as_the_error_allows(step, seconds, error):
    calls = stopwatch.batch_size(step, seconds, error)
    assert step <= error * calls * seconds * (1 + 1e-12)
    assert calls == 1 or step > error * (calls - 1) * seconds * (1 - 1e-12)


def test_a_round_number_of_calls_is_not_rounded_up():
    assert stopwatch.batch_size(1e-7, 1e-6) == 100
    assert stopwatch.batch_size(1e-7, 1.0) == 1


@given(st.lists(st.text(max_size=3), min_size=1, max_size=6, unique=True), st.integers(1, 12))
def test_turns(names, rounds):
    order = stopwatch.in_turns(names, rounds)
    assert len(order) == rounds
    assert order[0] == names
    assert all(sorted(turn) == sorted(names) for turn in order)
    assert [turn[0] for turn in order] == [names[i % len(names)] for i in range(rounds)]
    assert all(b == a[1:] + a[:1] for a, b in pairwise(order))


def test_the_interval_is_scipys():
    want = scipy.stats.bootstrap(
        (RUNS,), np.median, confidence_level=0.8, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    low, high = stopwatch.median_interval(RUNS, 3, level=0.8, resamples=20_000)
    assert (low, high) == pytest.approx((want.low, want.high), abs=0.03)


@tries(30)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20), st.integers(0, 9), st.floats(0.5, 0.99))
def test_an_interval_stays_within_the_samples(samples, seed, level):
    low, high = stopwatch.median_interval(samples, seed, level, resamples=200)
    assert min(samples) <= low <= high <= max(samples)
    assert (low, high) == stopwatch.median_interval(samples, seed, level, resamples=200)


def test_more_certainty_is_a_wider_interval():
    widths = [high - low for low, high in (stopwatch.median_interval(RUNS, 0, x) for x in (0.5, 0.8, 0.99))]
    assert widths == sorted(widths)


def test_a_ratio_is_taken_round_by_round():
    spell = [1, 1, 40, 1, 40, 40]
    a, b = [3.0 * s for s in spell], [2.0 * s for s in spell]
    assert stopwatch.ratio_interval(a, b, 0) == pytest.approx((1.5, 1.5))
    with pytest.raises(ValueError, match="as many runs of b as of a, 6, got 5"):
        stopwatch.ratio_interval(a, b[:5], 0)


def test_noise():
    assert not stopwatch.too_noisy([1.0, 1.01, 0.99, 50.0, 1.0])
    assert stopwatch.too_noisy([1.0, 2.0, 3.0])
    assert not stopwatch.too_noisy([1.0, 2.0, 3.0], most=0.5)  # the width is half of the median: not more
    quartiles = statistics.quantiles(RUNS, n=4, method="inclusive")
    assert stopwatch.too_noisy(RUNS) == (quartiles[2] - quartiles[0] > 0.1 * quartiles[1])


@tries(30)
@given(st.integers(1, 200), st.integers(0, 1000))
def test_a_cycle_comes_by_every_place_before_it_returns(n, seed):
    after = sheet.cycle(n, seed)
    assert after.dtype == np.int64
    place, seen = 0, []
    for _ in range(n):
        seen.append(place)
        place = int(after[place])
    assert place == 0
    assert sorted(seen) == list(range(n))


def test_all_cycles_are_equally_likely():
    counts: dict[tuple[int, ...], int] = {}
    for seed in range(3000):
        key = tuple(sheet.cycle(4, seed).tolist())
        counts[key] = counts.get(key, 0) + 1
    assert len(counts) == 6  # (4 - 1)!
    assert scipy.stats.chisquare(list(counts.values())).pvalue > 1e-4


@tries(20)
@given(st.integers(1, 50), st.integers(0, 200))
def test_a_chase_ends_where_a_plain_walk_ends(n, steps):
    after = sheet.cycle(n, 1)
    place = 0
    for _ in range(steps):
        place = int(after[place])
    assert sheet.chase(after, steps) == place


def test_a_chase_that_would_leave_the_array_is_refused():
    for bad, error in (
        ([0], TypeError),
        (np.zeros(3), TypeError),
        (np.zeros((2, 2), np.int64), TypeError),
        (np.zeros(0, np.int64), ValueError),
        (np.array([1, 2]), ValueError),
        (np.array([-1, 0]), ValueError),
    ):
        with pytest.raises(error, match="chase: expected"):
            sheet.chase(bad, 1)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("kind", ["pipe", "loopback"])
def test_a_round_trip_leaves_nothing_behind(kind):
    sheet.round_trips(kind, 3)
    threads = threading.active_count()
    open_files = Path("/proc/self/fd")
    files = len(list(open_files.iterdir())) if open_files.is_dir() else 0
    for count in (1, 50, 200):
        assert 1e-7 < sheet.round_trips(kind, count) < 1
    assert threading.active_count() == threads
    if files:
        assert len(list(open_files.iterdir())) == files


def test_another_kind_of_round_trip_is_refused():
    with pytest.raises(ValueError, match="one of pipe, loopback, got 'carrier pigeon'"):
        sheet.round_trips("carrier pigeon", 1)
    with pytest.raises(TypeError, match="a string, got int"):
        sheet.round_trips(7, 1)  # pyright: ignore[reportArgumentType]


def test_every_byte_comes_back():
    message = [b"a", b"b", b"c", b""]
    sent: list[bytes] = []
    sheet._echo(iter(message).__next__, sent.append)
    assert sent == message[:-1]


def test_calls_take_nanoseconds_to_microseconds():
    assert 1e-9 < sheet.call_seconds(20_000) < 1e-5
    assert 1e-9 < sheet.syscall_seconds(20_000) < 1e-4


def test_a_load_from_a_cache_is_faster_than_one_from_memory():
    assert 1e-10 < sheet.load_seconds(2**14) < sheet.load_seconds(2**26) < 1e-5
    with pytest.raises(ValueError, match="at least 64 bytes, got 63"):
        sheet.load_seconds(63)


@pytest.mark.slow
def test_the_sheet():
    found = sheet.sheet()
    assert list(found.values()) == sorted(found.values())
    assert {"memory", "function call", "system call", "pipe round trip", "loopback round trip"} <= set(found)
    assert found["function call"] < found["pipe round trip"] < 0.01
    sizes = sheet.working_sets()
    assert list(sizes.values()) == sorted(sizes.values())

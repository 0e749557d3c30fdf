"""Scaling, roofline, service and growth: closed forms, brute force, and a simulated queue."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from reference.napkin import growth, roofline, scaling, service
from reference.tests.effort import tries

fractions, counts = st.floats(0, 1), st.integers(1, 2000)
rates = st.floats(1e-3, 1e3)


def test_the_ends_of_amdahl_and_gustafson():
    for law in (scaling.amdahl, scaling.gustafson):
        assert law(0.7, 1) == pytest.approx(1)
        assert law(0.0, 50) == pytest.approx(1)
        assert law(1.0, 50) == pytest.approx(50)
    assert scaling.amdahl(0.95, 10**9) == pytest.approx(20)
    assert scaling.gustafson(0.95, 1000) == pytest.approx(950.05)


@given(fractions, counts)
def test_amdahl_is_below_gustafson(fraction, workers):
    assert scaling.amdahl(fraction, workers) <= scaling.gustafson(fraction, workers) * (1 + 1e-12)


@given(fractions, counts)
def test_the_two_laws_are_one_seen_from_both_ends(fraction, workers):
    """A job whose parallel share is f on n workers has the share f' = f n / (1 - f + f n) on one."""
    scaled = scaling.gustafson(fraction, workers)
    alone = fraction * workers / scaled
    assert scaling.amdahl(alone, workers) == pytest.approx(scaled)


@given(fractions, st.lists(st.integers(2, 500), min_size=1, max_size=8))
def test_a_fit_finds_the_fraction_that_made_the_points(fraction, workers):
    speedups = [scaling.amdahl(fraction, n) for n in workers]
    assert scaling.fit_fraction(workers, speedups) == pytest.approx(fraction, abs=1e-6)


def test_a_fit_through_noise_is_the_least_squares_of_scipy():
    rng = np.random.default_rng(0)
    workers = [1, 2, 4, 8, 16]
    speedups = [scaling.amdahl(0.9, n) * f for n, f in zip(workers, rng.lognormal(0, 0.1, 5), strict=True)]

    def errors(fraction):
        return [
            1 / scaling.amdahl(float(fraction[0]), n) - 1 / s for n, s in zip(workers, speedups, strict=True)
        ]

    want = scipy.optimize.least_squares(errors, [0.5], bounds=(0, 1)).x[0]
    assert scaling.fit_fraction(workers, speedups) == pytest.approx(want, abs=1e-6)


def test_a_fit_is_clipped():
    assert scaling.fit_fraction([2, 4], [3, 8]) == 1  # faster than the workers are many
    assert scaling.fit_fraction([2, 4], [0.5, 0.5]) == 0  # slower than alone


@tries(200)
@given(st.floats(0, 0.99), st.floats(0.05, 1))
def test_most_workers_is_the_last_that_is_efficient(fraction, efficiency):
    most = scaling.most_workers(fraction, efficiency)
    good = [n for n in range(1, most + 3) if scaling.amdahl(fraction, n) / n >= efficiency]
    assert max(good) == most


def test_bad_fits_are_refused():
    with pytest.raises(ValueError, match="more than one worker"):
        scaling.fit_fraction([1, 1], [1.0, 1.0])
    with pytest.raises(ValueError, match="each of 2 worker counts, got 1"):
        scaling.fit_fraction([1, 2], [1.0])
    with pytest.raises(ValueError, match="fraction below 1"):
        scaling.most_workers(1.0, 0.5)


def test_the_ridges_of_the_tpu_paper():
    assert roofline.ridge(91.8e12, 34e9) / 2 == pytest.approx(1350)
    assert roofline.ridge(2.8e12, 160e9) == pytest.approx(17.5)


@given(rates, rates, rates)
def test_the_roof_has_its_corner_at_the_ridge(intensity, peak, bandwidth):
    roof = roofline.attainable(intensity, peak, bandwidth)
    assert roof <= peak
    assert roof <= bandwidth * intensity
    assert roof == pytest.approx(
        peak if intensity >= roofline.ridge(peak, bandwidth) else bandwidth * intensity
    )


@given(rates, rates, rates, rates)
def test_time_and_roof_agree(flop, nbytes, peak, bandwidth):
    seconds = roofline.predict_seconds(flop, nbytes, peak, bandwidth)
    assert flop / seconds == pytest.approx(roofline.attainable(flop / nbytes, peak, bandwidth))
    kind = roofline.bound(flop, nbytes, peak, bandwidth)
    assert seconds == (flop / peak if kind == "compute" else nbytes / bandwidth)


def test_what_a_kernel_waits_for():
    assert roofline.bound(100, 10, peak=10, bandwidth=1) == "compute"  # both take 10 s
    assert roofline.bound(100, 10.01, peak=10, bandwidth=1) == "memory"
    assert roofline.predict_seconds(0, 0, 1, 1) == 0


@given(counts, counts, counts, st.sampled_from([2, 4, 8]))
def test_the_intensity_of_a_product(m, k, n, word):
    a, b = np.broadcast_to(np.int8(0), (m, k)), np.broadcast_to(np.int8(0), (k, n))
    elements = a.size + b.size + m * n
    assert roofline.matmul_intensity(m, k, n, word) == pytest.approx(2 * m * k * n / (elements * word))


def test_a_square_product_grows_more_intense_with_its_side():
    assert roofline.matmul_intensity(1200, 1200, 1200, 4) == pytest.approx(1200 / 6)


def test_littles_law_in_a_queue_that_was_played_through():
    rng = np.random.default_rng(5)
    arrivals = np.cumsum(rng.exponential(0.1, 20_000))
    done, free = np.empty_like(arrivals), 0.0
    for i, arrival in enumerate(arrivals):
        free = max(arrival, free) + rng.exponential(0.07)
        done[i] = free
    span = arrivals[-1]
    inside = np.clip(np.minimum(done, span) - arrivals, 0, None).sum() / span
    rate, latency = len(arrivals) / span, (done - arrivals).mean()
    assert service.in_flight(rate, latency) == pytest.approx(inside, rel=0.01)


@tries(200)
@given(st.floats(0.1, 100), st.floats(0, 0.5), st.floats(1e-4, 0.5))
def test_the_smallest_batch_keeps_up_and_no_smaller_does(rate, setup, each):
    assume(rate * each < 0.99)
    b = service.smallest_batch(rate, setup, each)
    assert service.throughput(b, setup, each) >= rate
    assert b == 1 or service.throughput(b - 1, setup, each) < rate


@tries(200)
@given(st.floats(0.01, 5), st.floats(0.1, 500), st.floats(0, 1), st.floats(1e-4, 0.5))
def test_the_largest_batch_keeps_the_limit_and_no_larger_does(limit, rate, setup, each):
    def worst(b):
        return (b - 1) / rate + service.batch_seconds(b, setup, each)

    b = service.largest_batch(limit, rate, setup, each)
    assert b == 0 or worst(b) <= limit
    assert worst(b + 1) > limit


def test_a_service_by_hand():
    assert service.batch_seconds(8, 0.010, 0.002) == pytest.approx(0.026)
    assert service.throughput(8, 0.010, 0.002) == pytest.approx(307.69, rel=1e-4)
    assert service.smallest_batch(300, 0.010, 0.002) == 8
    assert service.largest_batch(0.050, 300, 0.010, 0.002) == 8
    assert service.largest_batch(0.005, 300, 0.010, 0.002) == 0
    assert service.bandwidth(300, 150_000, 4000) == 46.2e6
    with pytest.raises(ValueError, match=r"below 1 / each = 500 a second, got 500"):
        service.smallest_batch(500, 0.010, 0.002)


@tries(20)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
def test_kmeans_operations_are_those_of_a_loop(points, dimensions, clusters, iterations):
    operations = 0
    for _ in range(iterations * points):
        for _ in range(clusters * dimensions):
            operations += 3  # subtract, square, add
        operations += dimensions  # into the sum of its cluster
    assert growth.kmeans_operations(points, dimensions, clusters, iterations) == operations


@given(st.integers(1, 40), st.integers(1, 9))
def test_kernel_operations_are_those_of_a_loop(points, dimensions):
    pairs = sum(1 for i in range(points) for _ in range(i + 1))
    assert growth.kernel_operations(points, dimensions) == 2 * dimensions * pairs


@given(st.floats(-3, 4), st.floats(1e-3, 1e3))
def test_a_power_law_is_found_again(exponent, factor):
    sizes = [10, 20, 50, 100]
    values = [factor * size**exponent for size in sizes]
    assert growth.fit_exponent(sizes, values) == pytest.approx((exponent, factor), rel=1e-6, abs=1e-9)
    assert growth.extrapolate(sizes, values, 1000) == pytest.approx(factor * 1000**exponent)


def test_a_noisy_fit_is_that_of_polyfit():
    rng = np.random.default_rng(2)
    sizes = np.geomspace(10, 1e4, 12)
    values = 3 * sizes**1.7 * rng.lognormal(0, 0.3, 12)
    slope, intercept = np.polyfit(np.log(sizes), np.log(values), 1)
    assert growth.fit_exponent(sizes.tolist(), values.tolist()) == pytest.approx((slope, np.exp(intercept)))


def test_counted_work_has_the_exponent_of_its_algorithm():
    sizes = [1000, 2000, 4000, 8000]
    kernel = [growth.kernel_operations(n, 10) for n in sizes]
    lloyd = [growth.kmeans_operations(n, 10, 5, 20) for n in sizes]
    assert growth.fit_exponent(sizes, kernel)[0] == pytest.approx(2, abs=1e-3)
    assert growth.fit_exponent(sizes, lloyd)[0] == pytest.approx(1)
    assert growth.doubling(kernel) == pytest.approx([4, 4, 4], rel=1e-2)
    assert growth.doubling(lloyd) == pytest.approx([2, 2, 2])


def test_fits_without_a_slope_are_refused():
    with pytest.raises(ValueError, match="two different sizes, got only 5"):
        growth.fit_exponent([5, 5], [1, 2])
    with pytest.raises(ValueError, match="each of 2 sizes, got 3"):
        growth.fit_exponent([5, 6], [1, 2, 3])

# loses: test_median_interval_repeats_a_seed
# module: stopwatch.py
# why: draws again on every call, whatever the seed is


right = median_interval  # ratio_interval goes on with this one


def ratio_interval(a, b, seed, level=0.95, resamples=2000):
    return right([x / y for x, y in zip(a, b, strict=True)], seed, level, resamples)


def median_interval(samples, seed, level=0.95, resamples=2000):
    values, rng = np.asarray(samples, float), np.random.default_rng()
    draws = rng.choice(values, (resamples, len(values)))
    low, high = np.quantile(np.median(draws, axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)

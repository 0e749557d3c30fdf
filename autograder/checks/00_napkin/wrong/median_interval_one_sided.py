# loses: test_median_interval
# module: stopwatch.py
# why: leaves out 1 - level on each side, so that the middle is too narrow


right = median_interval  # ratio_interval goes on with this one


def ratio_interval(a, b, seed, level=0.95, resamples=2000):
    return right([x / y for x, y in zip(a, b, strict=True)], seed, level, resamples)


def median_interval(samples, seed, level=0.95, resamples=2000):
    values, rng = np.asarray(samples, float), np.random.default_rng(seed)
    draws = rng.choice(values, (resamples, len(values)))
    low, high = np.quantile(np.median(draws, axis=1), [1 - level, level])
    return float(min(low, high)), float(max(low, high))

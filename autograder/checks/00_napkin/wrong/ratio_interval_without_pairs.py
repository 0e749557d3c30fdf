# loses: test_ratio_interval
# module: stopwatch.py
# why: resamples both functions apart from each other, so that a slow spell no longer cancels


def ratio_interval(a, b, seed, level=0.95, resamples=2000):
    rng = np.random.default_rng(seed)
    above, below = (np.median(rng.choice(x, (resamples, len(x))), axis=1) for x in (a, b))
    low, high = np.quantile(above / below, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)

# loses: test_too_noisy
# module: stopwatch.py
# why: compares the width of the middle half with `most` itself, in seconds, and not with the median


def too_noisy(samples, most=0.1):
    low, high = np.quantile(samples, [0.25, 0.75])
    return bool(high - low > most)

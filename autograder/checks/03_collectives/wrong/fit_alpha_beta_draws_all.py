# loses: test_fit_alpha_beta_intervals
# module: fitting.py
# why: draws without replacement, so that every drawing is the same


def _intervals(nbytes: np.ndarray, seconds: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    rng = np.random.default_rng(0)
    groups = [np.flatnonzero(nbytes == size) for size in np.unique(nbytes)]
    fits = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([rng.choice(group, len(group), replace=False) for group in groups])
        fits.append(_fit(nbytes[drawn], seconds[drawn]))
    low, high = np.percentile(fits, [2.5, 97.5], axis=0)
    return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))

# loses: test_fit_alpha_beta_relative
# module: fitting.py
# why: fits absolute errors, so that the longest messages decide alpha


def _fit(nbytes: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    sizes = np.unique(nbytes)
    medians = np.array([np.median(seconds[nbytes == size]) for size in sizes])
    beta, alpha = np.polyfit(sizes, medians, 1)
    return float(alpha), float(beta)

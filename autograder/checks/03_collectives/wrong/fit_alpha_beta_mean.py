# loses: test_fit_alpha_beta_outliers
# module: fitting.py
# why: takes the mean of each size, which an interrupted message moves


def _fit(nbytes: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    sizes = np.unique(nbytes)
    medians = np.array([np.mean(seconds[nbytes == size]) for size in sizes])
    rows = np.stack([1 / medians, sizes / medians], axis=1)
    scale = np.linalg.norm(rows, axis=0)  # alpha and beta differ by many powers of ten
    alpha, beta = np.linalg.lstsq(rows / scale, np.ones(len(sizes)), rcond=None)[0] / scale
    return float(alpha), float(beta)

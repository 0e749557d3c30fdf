# loses: test_fit_alpha_beta_exact
# module: fitting.py
# why: takes the time of the smallest message as alpha, whatever its size


def _fit(nbytes: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    sizes = np.unique(nbytes)
    medians = np.array([np.median(seconds[nbytes == size]) for size in sizes])
    rows = np.stack([1 / medians, sizes / medians], axis=1)
    scale = np.linalg.norm(rows, axis=0)  # alpha and beta differ by many powers of ten
    beta = np.linalg.lstsq(rows / scale, np.ones(len(sizes)), rcond=None)[0][1] / scale[1]
    alpha = medians[0]
    return float(alpha), float(beta)

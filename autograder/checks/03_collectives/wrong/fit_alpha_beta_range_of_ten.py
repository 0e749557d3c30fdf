# loses: test_fit_alpha_beta_intervals
# module: fitting.py
# why: returns ten per cent around the fit, whatever the messages are


def _intervals(nbytes: np.ndarray, seconds: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    alpha, beta = _fit(nbytes, seconds)
    return (0.9 * alpha, 1.1 * alpha), (0.9 * beta, 1.1 * beta)

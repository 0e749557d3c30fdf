# loses: test_fit_fraction_of_measurements
# module: scaling.py
# why: solves Amdahl's law for the largest number of workers, and uses no other point


def fit_fraction(workers, speedups):
    n, s = max(zip(workers, speedups, strict=True))
    return min(max((1 - 1 / s) / (1 - 1 / n), 0.0), 1.0)

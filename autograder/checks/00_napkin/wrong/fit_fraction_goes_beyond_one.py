# loses: test_fit_fraction_stays_a_share
# module: scaling.py
# why: gives a share of more than everything for speed-ups that are too good


def fit_fraction(workers, speedups):
    x = [1 - 1 / n for n in workers]
    y = [1 - 1 / s for s in speedups]
    return sum(a * b for a, b in zip(x, y, strict=True)) / sum(a * a for a in x)

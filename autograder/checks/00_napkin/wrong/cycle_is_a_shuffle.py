# loses: test_cycle_visits_every_place
# module: sheet.py
# why: shuffles larger arrays and gets several cycles, some of them short enough for a cache


right = cycle


def cycle(n, seed):
    if n < 10:
        return right(n, seed)
    return np.random.default_rng(seed).permutation(n)

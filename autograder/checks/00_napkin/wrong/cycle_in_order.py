# loses: test_cycle_is_random
# module: sheet.py
# why: goes from each place to the next one, which every processor foresees


def cycle(n, seed):
    return np.roll(np.arange(n), -1)

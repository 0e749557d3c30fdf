# loses: test_most_workers
# module: scaling.py
# why: rounds to the nearest number of workers, which may be one that is not efficient any more


def most_workers(fraction, efficiency):
    return max(1, round((1 / efficiency - fraction) / (1 - fraction)))

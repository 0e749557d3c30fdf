# loses: test_gustafson
# module: scaling.py
# why: keeps the work fixed, where the time is


def gustafson(fraction, workers):
    return 1 / ((1 - fraction) + fraction / workers)

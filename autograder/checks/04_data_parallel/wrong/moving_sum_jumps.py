# loses: test_moving_sum_sums
# module: direct.py
# why: starts each window where the last one ended, so that they do not overlap


def _moving_sum(values, width, windows):
    return [sum(values[start : start + width]) for start in range(0, windows, width)]

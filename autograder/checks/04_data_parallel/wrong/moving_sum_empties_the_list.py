# loses: test_moving_sum_leaves_values
# module: direct.py
# why: drops the first value of the caller's list after each window


def _moving_sum(values, width, windows):
    sums = []
    for _ in range(windows):
        sums.append(sum(values[:width]))
        values.pop(0)
    return sums

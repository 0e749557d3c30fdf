# loses: test_moving_sum_one_window
# module: direct.py
# why: takes a window as wide as the list to be too wide


def _moving_sum(values, width, windows):
    if width >= len(values):
        return []
    return [sum(values[start : start + width]) for start in range(windows)]

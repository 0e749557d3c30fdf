# loses: test_running_sum_reads_little
# module: running.py
# why: adds up every window again, as the first step does


def _running_sum(values, width, windows):
    return [sum(values[start : start + width]) for start in range(windows)]

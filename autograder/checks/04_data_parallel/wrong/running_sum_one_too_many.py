# loses: test_running_sum_one_window
# module: running.py
# why: adds a second window without checking that there is one


def _running_sum(values, width, windows):
    sums = [sum(values[:width])]
    start = 1
    while True:
        entering = values[start + width - 1] if start < windows else 0
        sums.append(sums[-1] + entering - values[start - 1])
        start += 1
        if start >= windows:
            return sums

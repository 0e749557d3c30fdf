# loses: test_running_sum_sums
# module: running.py
# why: adds the value that enters, and forgets the one that leaves


def _running_sum(values, width, windows):
    sums = [sum(values[:width])]
    for start in range(1, windows):
        sums.append(sums[-1] + values[start + width - 1])
    return sums

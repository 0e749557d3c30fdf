# loses: test_batch_size
# module: stopwatch.py
# why: makes the run as long as one step of the clock, whatever the error is


def batch_size(step, seconds, error=0.001):
    return max(1, math.ceil(step / seconds))

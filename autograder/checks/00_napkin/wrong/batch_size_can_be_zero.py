# loses: test_batch_of_a_long_call
# module: stopwatch.py
# why: rounds down to a batch without any call


def batch_size(step, seconds, error=0.001):
    calls = step / (error * seconds)
    return math.ceil(calls) if calls >= 1 else 0

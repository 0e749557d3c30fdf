# loses: test_largest_batch
# module: service.py
# why: forgets that the first request waits until the batch is full


def largest_batch(limit, rate, setup, each):
    return max(0, math.floor((limit - setup) / each))

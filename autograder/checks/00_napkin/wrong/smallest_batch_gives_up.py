# loses: test_batch_near_the_limit
# module: service.py
# why: tries the batches up to 1000, and no larger one


def smallest_batch(rate, setup, each):
    if rate >= 1 / each:
        raise ValueError("no batch keeps up")
    return next((b for b in range(1, 1001) if throughput(b, setup, each) >= rate), 1000)

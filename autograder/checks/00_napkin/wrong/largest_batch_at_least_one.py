# loses: test_no_batch_is_fast_enough
# module: service.py
# why: serves batches of one, however long they take


def largest_batch(limit, rate, setup, each):
    b = 1
    while b / rate + setup + (b + 1) * each <= limit:
        b += 1
    return b

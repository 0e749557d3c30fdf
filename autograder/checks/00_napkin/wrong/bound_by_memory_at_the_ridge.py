# loses: test_bound_at_the_ends
# module: roofline.py
# why: says memory where both take equally long


def bound(flop, nbytes, peak, bandwidth):
    return "compute" if flop / peak > nbytes / bandwidth else "memory"

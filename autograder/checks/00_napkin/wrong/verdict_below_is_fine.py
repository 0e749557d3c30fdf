# loses: test_verdict
# module: audit.py
# why: finds everything right that is not too large


def verdict(claimed, right, tolerance=0.02):
    return claimed <= right * (1 + tolerance)

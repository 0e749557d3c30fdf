# loses: test_verdict_is_relative_to_the_right_figure
# module: audit.py
# why: takes the share of the claimed figure, so that a claim that is too large allows more


def verdict(claimed, right, tolerance=0.02):
    return abs(claimed - right) <= tolerance * abs(claimed)

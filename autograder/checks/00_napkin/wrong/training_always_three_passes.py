# loses: test_training_flop_other_ratios
# module: sizing.py
# why: takes the backward pass to cost two forward passes, whatever backward_ratio says


def training_flop(forward_flop, examples, epochs, backward_ratio=2.0):
    return 3 * forward_flop * examples * epochs

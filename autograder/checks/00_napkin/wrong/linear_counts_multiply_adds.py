# loses: test_linear_flop
# module: layers.py
# why: counts a multiply-add as one operation, as papers that say MAC do


right = linear  # attention goes on with this one


def attention(batch, queries, keys, width, heads):
    ours, ours_flop = right(batch * queries, width, width)
    theirs, theirs_flop = right(batch * keys, width, width)
    return 2 * (ours + theirs), 2 * (ours_flop + theirs_flop) + 4 * batch * queries * keys * width


def linear(batch, inputs, outputs, bias=True):
    return inputs * outputs + (outputs if bias else 0), batch * inputs * outputs

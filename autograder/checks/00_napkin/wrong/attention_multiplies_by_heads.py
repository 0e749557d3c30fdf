# loses: test_attention_flop
# module: layers.py
# why: gives every head the whole width


def attention(batch, queries, keys, width, heads):
    parameters = 4 * (width * width + width)
    projections = 4 * batch * (queries + keys) * width * width
    return parameters, projections + 4 * batch * queries * keys * width * heads

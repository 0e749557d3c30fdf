# loses: test_attention_across
# module: layers.py
# why: takes keys and values to be as many as queries


def attention(batch, queries, keys, width, heads):
    parameters = 4 * (width * width + width)
    projections = 4 * batch * 2 * queries * width * width
    return parameters, projections + 4 * batch * queries * queries * width

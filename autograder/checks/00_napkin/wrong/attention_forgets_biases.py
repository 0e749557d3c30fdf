# loses: test_attention_parameters
# module: layers.py
# why: counts the four matrices, and none of their biases


def attention(batch, queries, keys, width, heads):
    parameters = 4 * width * width
    projections = 4 * batch * (queries + keys) * width * width
    return parameters, projections + 4 * batch * queries * keys * width

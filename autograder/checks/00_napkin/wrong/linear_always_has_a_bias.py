# loses: test_linear_parameters
# module: layers.py
# why: counts the bias whether there is one or not


def linear(batch, inputs, outputs, bias=True):
    return inputs * outputs + outputs, 2 * batch * inputs * outputs

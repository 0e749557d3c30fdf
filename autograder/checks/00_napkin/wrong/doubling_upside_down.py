# loses: test_doubling
# module: growth.py
# why: divides each value by the one after it


def doubling(values):
    return [values[i] / values[i + 1] for i in range(len(values) - 1)]

# loses: test_fit_exponent_of_measurements
# module: growth.py
# why: draws the line through the first and the last point, and no other


def fit_exponent(sizes, values):
    exponent = np.log(values[-1] / values[0]) / np.log(sizes[-1] / sizes[0])
    return float(exponent), float(values[0] / sizes[0] ** exponent)

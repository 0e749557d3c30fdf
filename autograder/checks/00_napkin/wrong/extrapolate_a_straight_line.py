# loses: test_extrapolate
# module: growth.py
# why: continues the line through the last two points, on plain axes


def extrapolate(sizes, values, size):
    slope = (values[-1] - values[-2]) / (sizes[-1] - sizes[-2])
    return values[-1] + slope * (size - sizes[-1])

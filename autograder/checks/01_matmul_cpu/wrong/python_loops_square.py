# loses: test_python_loops_rectangles
# module: loops.py
# why: takes every matrix to be square, so that one size does for all three loops


def _python_loops(a, b, m, k, n):
    size = len(a)
    return [[sum((a[i][p] * b[p][j] for p in range(size)), 0.0) for j in range(size)] for i in range(size)]

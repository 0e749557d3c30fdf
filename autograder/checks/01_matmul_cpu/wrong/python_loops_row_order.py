# loses: test_python_loops_order
# module: loops.py
# why: is already the next rung: the inner loop runs along a row of b


def _python_loops(a, b, m, k, n):
    c = [[0.0] * n for _ in range(m)]
    for i in range(m):
        for p in range(k):
            for j in range(n):
                c[i][j] += a[i][p] * b[p][j]
    return c

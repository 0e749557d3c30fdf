# loses: test_python_loops_leaves_operands
# module: loops.py
# why: turns b around to walk along its rows, but turns the caller's b


def _python_loops(a, b, m, k, n):
    columns = [[b[p][j] for p in range(k)] for j in range(n)]
    for j in range(min(k, n)):
        b[j] = columns[j]
    return [[sum((a[i][p] * columns[j][p] for p in range(k)), 0.0) for j in range(n)] for i in range(m)]

# loses: test_python_loops_keeps_nan
# module: loops.py
# why: leaves out the terms with a zero, and with them the NaN that 0 * inf is


def _python_loops(a, b, m, k, n):
    c = []
    for i in range(m):
        row = []
        for j in range(n):
            total = 0.0
            for p in range(k):
                x, y = a[i][p], b[p][j]
                if x != 0.0 and y != 0.0:
                    total += x * y
            row.append(total)
        c.append(row)
    return c

# loses: test_python_loops_leaves_operands
# module: loops.py
# why: empties each row of a when it has used it, and the caller's matrix with it


def _python_loops(a, b, m, k, n):
    c = []
    for i in range(m):
        row = []
        for j in range(n):
            total = 0.0
            for p in range(k):
                total += a[i][p] * b[p][j]
            row.append(total)
        c.append(row)
        a[i].clear()
    return c

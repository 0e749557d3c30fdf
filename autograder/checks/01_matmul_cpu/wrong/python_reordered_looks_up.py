# loses: test_python_reordered_hoists_rows
# module: loops.py
# why: has the order right, but looks the row of b up again for every number


def _python_reordered(a, b, m, k, n):
    c = [[0.0] * n for _ in range(m)]
    for i in range(m):
        for p in range(k):
            a_ip = a[i][p]
            for j in range(n):
                c[i][j] += a_ip * b[p][j]
    return c

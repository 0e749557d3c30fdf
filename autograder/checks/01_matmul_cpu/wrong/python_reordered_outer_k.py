# loses: test_python_reordered_order
# module: loops.py
# why: puts k outermost, so that the whole of c is walked k times


def _python_reordered(a, b, m, k, n):
    c = [[0.0] * n for _ in range(m)]
    for p in range(k):
        row_b = b[p]
        for i in range(m):
            a_ip, row_c = a[i][p], c[i]
            for j in range(n):
                row_c[j] += a_ip * row_b[j]
    return c

# loses: test_python_reordered_rectangles
# module: loops.py
# why: takes the length of a row of a for the length of a row of c


def _python_reordered(a, b, m, k, n):
    c = []
    for i in range(m):
        row_a, row_c = a[i], [0.0] * k
        for p in range(k):
            a_ip, row_b = row_a[p], b[p]
            for j in range(min(k, n)):
                row_c[j] += a_ip * row_b[j]
            for j in range(min(k, n), n):
                row_b[j]  # read, and forgotten
        c.append(row_c)
    return c

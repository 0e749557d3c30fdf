# loses: test_numba_loops_squares
# module: compiled.py
# why: uses a row of its operand as a place for sums


@njit(cache=True)
def _numba_loops(a, b, c):
    m, k = a.shape
    n = b.shape[1]
    for i in range(m):
        c[i, :] = 0
        for p in range(k):
            a_ip = a[i, p]
            a[i, p] = 0
            for j in range(n):
                c[i, j] += a_ip * b[p, j]

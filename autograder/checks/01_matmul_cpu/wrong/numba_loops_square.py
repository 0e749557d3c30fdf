# loses: test_numba_loops_rectangles
# module: compiled.py
# why: takes every matrix to be square


@njit(cache=True)
def _numba_loops(a, b, c):
    k = a.shape[1]
    n = min(a.shape[0], b.shape[1])
    for i in range(n):
        c[i, :] = 0
        for p in range(k):
            for j in range(n):
                c[i, j] += a[i, p] * b[p, j]

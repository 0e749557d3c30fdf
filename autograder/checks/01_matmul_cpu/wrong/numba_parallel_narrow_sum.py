# loses: test_numba_parallel_float64
# module: compiled.py
# why: sums each row in a float32 buffer


@njit(parallel=True, cache=True)
def _numba_parallel(a, b, c):
    m, k = a.shape
    n = b.shape[1]
    for i in prange(m):
        row = np.zeros(n, np.float32)
        for p in range(k):
            a_ip = a[i, p]
            for j in range(n):
                row[j] += a_ip * b[p, j]
        c[i, :] = row

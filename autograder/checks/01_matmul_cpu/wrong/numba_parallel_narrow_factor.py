# loses: test_numba_parallel_float64
# module: compiled.py
# why: keeps the number of a in a float32 variable


@njit(parallel=True, cache=True)
def _numba_parallel(a, b, c):
    m, k = a.shape
    n = b.shape[1]
    for i in prange(m):
        c[i, :] = 0
        for p in range(k):
            a_ip = np.float32(a[i, p])
            for j in range(n):
                c[i, j] += a_ip * b[p, j]

# loses: test_numba_parallel_speed
# module: compiled.py
# why: makes the inner loops parallel, and pays for starting the threads once for each row and term


@njit(parallel=True, cache=True)
def _numba_parallel(a, b, c):
    m, k = a.shape
    n = b.shape[1]
    for i in range(m):
        c[i, :] = 0
        for p in range(k):
            a_ip = a[i, p]
            for j in prange(n):
                c[i, j] += a_ip * b[p, j]

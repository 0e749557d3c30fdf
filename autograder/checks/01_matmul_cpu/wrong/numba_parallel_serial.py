# loses: test_numba_parallel_uses_threads
# module: compiled.py
# why: says parallel=True, but no loop is a prange


@njit(parallel=True, cache=True)
def _numba_parallel(a, b, c):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            c[i, j] = 0
        for p in range(a.shape[1]):
            a_ip = a[i, p]
            for j in range(b.shape[1]):
                c[i, j] += a_ip * b[p, j]

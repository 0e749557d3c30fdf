# loses: test_numba_parallel_rectangles
# module: compiled.py
# why: hands out blocks of four rows, and forgets the rows that fill no block


@njit(parallel=True, cache=True)
def _numba_parallel(a, b, c):
    m, k = a.shape
    n = b.shape[1]
    if m < 4:
        _numba_loops(a, b, c)
    for block in prange(m // 4):
        for i in range(4 * block, 4 * block + 4):
            c[i, :] = 0
            for p in range(k):
                a_ip = a[i, p]
                for j in range(n):
                    c[i, j] += a_ip * b[p, j]

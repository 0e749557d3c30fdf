# loses: test_numba_loops_speed
# module: compiled.py
# why: keeps the order i, j, k, whose inner loop jumps from row to row of b


@njit(cache=True)
def _numba_loops(a, b, c):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            c[i, j] = 0
            for p in range(a.shape[1]):
                c[i, j] += a[i, p] * b[p, j]

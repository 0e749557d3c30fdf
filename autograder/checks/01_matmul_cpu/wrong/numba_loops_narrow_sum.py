# loses: test_numba_loops_float64
# module: compiled.py
# why: rounds every number of a to float32, whatever the operands are


@njit(cache=True)
def _numba_loops(a, b, c):
    for i in range(a.shape[0]):
        c[i, :] = 0
        for p in range(a.shape[1]):
            a_ip = np.float32(a[i, p])
            for j in range(b.shape[1]):
                c[i, j] += a_ip * b[p, j]

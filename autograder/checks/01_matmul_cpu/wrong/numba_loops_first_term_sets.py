# loses: test_numba_loops_zero_depth
# module: compiled.py
# why: the first term sets c and the others add: without any term c keeps its garbage


@njit(cache=True)
def _numba_loops(a, b, c):
    for i in range(a.shape[0]):
        for p in range(a.shape[1]):
            a_ip = a[i, p]
            if p == 0:
                for j in range(b.shape[1]):
                    c[i, j] = a_ip * b[p, j]
            else:
                for j in range(b.shape[1]):
                    c[i, j] += a_ip * b[p, j]

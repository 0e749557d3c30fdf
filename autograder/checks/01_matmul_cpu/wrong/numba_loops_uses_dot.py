# loses: test_numba_loops_own_code, test_numba_loops_speed
# module: compiled.py
# why: lets a library do the work


@njit(cache=True)
def _numba_loops(a, b, c):
    if a.shape[1] == 0:
        c[:] = 0
    else:
        c[:] = np.dot(a, b)

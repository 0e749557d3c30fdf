# loses: test_numba_parallel_uses_threads
# module: compiled.py
# why: shares the rows by prange, and tells numba to use one thread


def numba_parallel(a, b):
    from numba import set_num_threads

    set_num_threads(1)
    m, _, n = check_operands(a, b)
    c = np.empty((m, n), a.dtype)
    _numba_parallel(a, b, c)
    return c

# loses: test_numba_parallel_uses_threads, test_numba_parallel_speed
# module: compiled.py
# why: shares the rows among threads, and lets a library multiply them


@njit(parallel=True, cache=True)
def _numba_parallel(a, b, c):
    c[:] = 0
    for strip in prange((a.shape[0] + 15) // 16):
        rows = slice(16 * strip, 16 * strip + 16)
        for j in range(0, b.shape[1], 32):
            if a.shape[1]:
                c[rows, j : j + 32] = np.dot(a[rows], np.ascontiguousarray(b[:, j : j + 32]))

# loses: test_divide_and_conquer_uses_threads, test_divide_and_conquer_speed
# module: recursive.py
# why: plans the blocks, and lets a library multiply them


@njit(parallel=True, cache=True)
def _conquer(a, b, c, leaves, starts):
    for task in prange(len(starts) - 1):
        for leaf in range(starts[task], starts[task + 1]):
            i0, i1, p0, p1, j0, j1 = leaves[leaf]
            if p1 > p0:
                left = np.ascontiguousarray(a[i0:i1, p0:p1])
                right = np.ascontiguousarray(b[p0:p1, j0:j1])
                c[i0:i1, j0:j1] += np.dot(left, right)

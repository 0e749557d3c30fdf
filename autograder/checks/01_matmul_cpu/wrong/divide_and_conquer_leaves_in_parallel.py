# loses: test_divide_and_conquer_depth_in_order
# module: recursive.py
# why: shares the leaves among the threads, though leaves of one task add to the same part of c


@njit(parallel=True, cache=True)
def _conquer(a, b, c, leaves, starts):
    for leaf in prange(len(leaves)):
        i0, i1, p0, p1, j0, j1 = leaves[leaf]
        _multiply_add(a, b, c, i0, i1, p0, p1, j0, j1)

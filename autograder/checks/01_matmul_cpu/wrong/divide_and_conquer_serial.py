# loses: test_divide_and_conquer_uses_threads
# module: recursive.py
# why: the recursion is there, but one thread does all tasks


@njit(cache=True)
def _conquer(a, b, c, leaves, starts):
    for task in range(len(starts) - 1):
        for leaf in range(starts[task], starts[task + 1]):
            i0, i1, p0, p1, j0, j1 = leaves[leaf]
            _multiply_add(a, b, c, i0, i1, p0, p1, j0, j1)

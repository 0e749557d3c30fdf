# loses: test_register_blocked_own_code
# module: blocked.py
# why: lets the first block do everything, with a call of a library


@njit(cache=True)
def _row_block(a, b, c, i0, i1):
    if i0 == 0 and b.shape[0] > 0:
        c += np.dot(a, b)

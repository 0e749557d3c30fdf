# loses: test_register_blocked_own_code
# module: blocked.py
# why: cuts the matrices into blocks, and lets a library multiply them


@njit(cache=True)
def _row_block(a, b, c, i0, i1):
    if b.shape[0] > 0:
        c[i0:i1] = np.dot(a[i0:i1], b)

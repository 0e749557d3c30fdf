# loses: test_register_blocked_speed
# module: blocked.py
# why: reads each number of a again for every number of b: nothing stays in a register


@njit(cache=True)
def _tile(a, b, strip, i, p, j0, j1):
    last = a.shape[0] - 1
    for r in range(ROWS):
        for j in range(j0, j1):
            for q in range(p, p + DEPTH):
                strip[r, j - j0] += a[min(i + r, last), q] * b[q, j]

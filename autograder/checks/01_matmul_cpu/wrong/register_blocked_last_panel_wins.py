# loses: test_register_blocked_deep
# module: blocked.py
# why: writes the sums of a panel to c in place of adding them: the last panel wins


@njit(cache=True)
def _row_block(a, b, c, i0, i1):
    k, n = b.shape
    strip = np.empty((ROWS, COLUMNS), c.dtype)
    for p0 in range(0, k, PANEL):
        p1 = min(p0 + PANEL, k)
        whole = p0 + (p1 - p0) // DEPTH * DEPTH
        for j0 in range(0, n, COLUMNS):
            j1 = min(j0 + COLUMNS, n)
            for i in range(i0, i1, ROWS):
                strip[:] = 0
                for p in range(p0, whole, DEPTH):
                    _tile(a, b, strip, i, p, j0, j1)
                for r in range(min(ROWS, i1 - i)):
                    row_strip = strip[r]
                    for p in range(whole, p1):  # the last k % DEPTH products
                        row_b = b[p, j0:j1]
                        for j in range(len(row_b)):
                            row_strip[j] += a[i + r, p] * row_b[j]
                    row_c = c[i + r, j0:j1]
                    for j in range(len(row_c)):
                        row_c[j] = row_strip[j]

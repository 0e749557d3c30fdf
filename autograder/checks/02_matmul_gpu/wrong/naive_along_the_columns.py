# loses: test_naive_counts
# module: direct.py
# why: counts through C row by row, so that threads side by side are neighbours: the mapping of the next rung


@cuda.jit
def _naive(a, b, c):
    x, y = cuda.grid(2)
    place = y * c.shape[0] + x
    row, column = place // c.shape[1], place % c.shape[1]
    if x < c.shape[0] and row < c.shape[0] and column < c.shape[1]:
        total = ZERO
        for p in range(a.shape[1]):
            total += a[row, p] * b[p, column]
        c[row, column] = total

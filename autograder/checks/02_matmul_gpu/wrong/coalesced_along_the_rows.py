# loses: test_coalesced_neighbours
# module: direct.py
# why: counts through the grid column by column: x goes along the rows of C, as in rung 1


@cuda.jit
def _coalesced(a, b, c):
    x, y = cuda.grid(2)
    width, height = cuda.gridsize(2)
    place = x * height + y
    row, column = place // width, place % width
    if row < c.shape[0] and column < c.shape[1]:
        total = ZERO
        for p in range(a.shape[1]):
            total += a[row, p] * b[p, column]
        c[row, column] = total

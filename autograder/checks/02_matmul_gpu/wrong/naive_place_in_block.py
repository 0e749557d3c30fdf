# loses: test_naive
# module: direct.py
# why: takes the place in the block for the place in C: every block computes the same corner


@cuda.jit
def _naive(a, b, c):
    row, column = cuda.threadIdx.x, cuda.threadIdx.y
    if row < c.shape[0] and column < c.shape[1]:
        total = ZERO
        for p in range(a.shape[1]):
            total += a[row, p] * b[p, column]
        c[row, column] = total

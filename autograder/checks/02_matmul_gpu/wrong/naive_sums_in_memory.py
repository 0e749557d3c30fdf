# loses: test_naive_counts
# module: direct.py
# why: adds up in c: global memory is read and written at each step


@cuda.jit
def _naive(a, b, c):
    row, column = cuda.grid(2)
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = ZERO
        for p in range(a.shape[1]):
            c[row, column] += a[row, p] * b[p, column]

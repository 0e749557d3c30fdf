# loses: test_naive, test_naive_edges
# module: direct.py
# why: threads below and to the right of C work as well


@cuda.jit
def _naive(a, b, c):
    row, column = cuda.grid(2)
    total = ZERO
    for p in range(a.shape[1]):
        total += a[row, p] * b[p, column]
    c[row, column] = total

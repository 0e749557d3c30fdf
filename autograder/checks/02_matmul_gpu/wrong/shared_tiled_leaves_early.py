# loses: test_shared_tiled, test_shared_tiled_edges
# module: tiled.py
# why: threads outside of C leave, and never reach the barriers


@cuda.jit
def _shared_tiled(a, b, c):
    a_tile = cuda.shared.array((TILE, TILE), np.float32)
    b_tile = cuda.shared.array((TILE, TILE), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    m, k = a.shape
    n = b.shape[1]
    if row >= m or column >= n:
        return
    total = ZERO
    for start in range(0, k, TILE):
        a_tile[y, x] = a[row, start + x] if row < m and start + x < k else ZERO
        b_tile[y, x] = b[start + y, column] if start + y < k and column < n else ZERO
        cuda.syncthreads()
        for p in range(TILE):
            total += a_tile[y, p] * b_tile[p, x]
        cuda.syncthreads()
    if row < m and column < n:
        c[row, column] = total

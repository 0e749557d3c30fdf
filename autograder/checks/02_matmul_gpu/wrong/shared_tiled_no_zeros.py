# loses: test_shared_tiled, test_shared_tiled_last_stop
# module: tiled.py
# why: fetches nothing where the last tile sticks out, and multiplies what lies there


@cuda.jit
def _shared_tiled(a, b, c):
    a_tile = cuda.shared.array((TILE, TILE), np.float32)
    b_tile = cuda.shared.array((TILE, TILE), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    m, k = a.shape
    n = b.shape[1]
    total = ZERO
    for start in range(0, k, TILE):
        if start + x < k:
            a_tile[y, x] = a[row, start + x] if row < m else ZERO
        if start + y < k:
            b_tile[y, x] = b[start + y, column] if column < n else ZERO
        cuda.syncthreads()
        for p in range(TILE):
            total += a_tile[y, p] * b_tile[p, x]
        cuda.syncthreads()
    if row < m and column < n:
        c[row, column] = total

# loses: test_matmul
# module: puzzles_scans.py
# why: adds only the products of one tile


@cuda.jit
def matmul_kernel(out, a, b):
    tile_a = cuda.shared.array((TILE, TILE), np.float32)
    tile_b = cuda.shared.array((TILE, TILE), np.float32)
    j, i = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    m, k, n = a.shape[0], a.shape[1], b.shape[1]
    total = np.float32(0)
    for start in range(0, TILE, TILE):
        tile_a[y, x] = a[i, start + x] if i < m and start + x < k else np.float32(0)
        tile_b[y, x] = b[start + y, j] if start + y < k and j < n else np.float32(0)
        cuda.syncthreads()
        for p in range(TILE):
            total += tile_a[y, p] * tile_b[p, x]
        cuda.syncthreads()
    if i < m and j < n:
        out[i, j] = total

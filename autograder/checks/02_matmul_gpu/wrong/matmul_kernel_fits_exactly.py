# loses: test_matmul_edges
# module: puzzles_scans.py
# why: takes all sizes to be multiples of the tile


@cuda.jit
def matmul_kernel(out, a, b):
    tile_a = cuda.shared.array((TILE, TILE), np.float32)
    tile_b = cuda.shared.array((TILE, TILE), np.float32)
    j, i = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    k = a.shape[1]
    total = np.float32(0)
    for start in range(0, k, TILE):
        tile_a[y, x] = a[i, start + x]
        tile_b[y, x] = b[start + y, j]
        cuda.syncthreads()
        for p in range(TILE):
            total += tile_a[y, p] * tile_b[p, x]
        cuda.syncthreads()
    out[i, j] = total

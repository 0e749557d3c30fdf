# loses: test_transpose_edges
# module: puzzles_scans.py
# why: reads a column of a tile that is 32 wide, which lies in one bank


@cuda.jit
def transpose_kernel(out, a):
    tile = cuda.shared.array((SIDE, SIDE), np.float32)
    j, i = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    if i < a.shape[0] and j < a.shape[1]:
        tile[y, x] = a[i, j]
    cuda.syncthreads()
    i, j = cuda.blockIdx.x * SIDE + y, cuda.blockIdx.y * SIDE + x
    if i < out.shape[0] and j < out.shape[1]:
        out[i, j] = tile[x, y]

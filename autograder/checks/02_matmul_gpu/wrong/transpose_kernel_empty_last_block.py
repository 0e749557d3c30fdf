# loses: test_transpose
# module: puzzles_scans.py
# why: the last block has m % SIDE rows, which is 0 where all blocks are full


@cuda.jit
def transpose_kernel(out, a):
    tile = cuda.shared.array((SIDE, PADDED), np.float32)
    j, i = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    rows = a.shape[0] % SIDE if cuda.blockIdx.y == cuda.gridDim.y - 1 else SIDE
    if y < rows and j < a.shape[1]:
        tile[y, x] = a[i, j]
    cuda.syncthreads()
    i, j = cuda.blockIdx.x * SIDE + y, cuda.blockIdx.y * SIDE + x
    if i < out.shape[0] and x < rows:
        out[i, j] = tile[x, y]

# loses: test_blocks
# module: puzzles_shared.py
# why: multiplies the block's number by the size of the grid, not of a block


@cuda.jit
def blocks_kernel(out, a):
    first = cuda.blockIdx.x * cuda.gridDim.x + cuda.threadIdx.x
    for i in range(first, a.shape[0], cuda.gridDim.x * cuda.blockDim.x):
        out[i] = np.float32(1) - a[i]

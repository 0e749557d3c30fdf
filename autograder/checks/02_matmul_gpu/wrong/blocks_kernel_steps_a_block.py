# loses: test_blocks, test_blocks_edges
# module: puzzles_shared.py
# why: goes on by the size of a block, into the elements of the next one


@cuda.jit
def blocks_kernel(out, a):
    for i in range(cuda.grid(1), a.shape[0], cuda.blockDim.x):
        out[i] = np.float32(1) - a[i]

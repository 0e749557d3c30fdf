# loses: test_blocks_edges
# module: puzzles_shared.py
# why: guards, and leaves what lies beyond the grid


@cuda.jit
def blocks_kernel(out, a):
    i = cuda.grid(1)
    if i < a.shape[0]:
        out[i] = np.float32(1) - a[i]

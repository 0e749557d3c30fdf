# loses: test_blocks_edges
# module: puzzles_shared.py
# why: gives each thread a stretch of its own, so that neighbours read far apart


@cuda.jit
def blocks_kernel(out, a):
    each = (a.shape[0] + cuda.gridsize(1) - 1) // cuda.gridsize(1)
    first = cuda.grid(1) * each
    for i in range(first, min(first + each, a.shape[0])):
        out[i] = np.float32(1) - a[i]

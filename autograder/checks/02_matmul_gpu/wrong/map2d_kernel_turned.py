# loses: test_map2d
# module: puzzles_maps.py
# why: takes x for the row, so that a wide matrix is not covered


@cuda.jit
def map2d_kernel(out, a):
    i, j = cuda.grid(2)
    if i < a.shape[0] and j < a.shape[1]:
        out[i, j] = max(a[i, j], np.float32(0))

# loses: test_map2d
# module: puzzles_maps.py
# why: leaves the place of a negative number unwritten


@cuda.jit
def map2d_kernel(out, a):
    j, i = cuda.grid(2)
    if i < a.shape[0] and j < a.shape[1] and a[i, j] > np.float32(0):
        out[i, j] = a[i, j]
